"""Token ids equal llama.cpp's (stored), and text stays text."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Engine

from whiteboard.architecture.bpe_trainer import count_words, train_bpe
from whiteboard.architecture.byte_pair_encoding import BytePairEncoding
from whiteboard.data import python_topics
from whiteboard.lm import gguf, weights
from whiteboard.lm.tokenizer import ByteTokenizer, Tokenizer

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "references" / "smollm2_tokens.json").read_text()
)


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    return gguf.read(weights.find("smollm2-135m")).metadata


@pytest.fixture(scope="module")
def tokenizer(metadata: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_gguf(metadata)


def test_sizes_and_ends(tokenizer: Tokenizer) -> None:
    assert tokenizer.vocab_size == 49152
    assert tokenizer.eos_id == tokenizer.id("<|im_end|>") == 2
    with pytest.raises(KeyError, match="no piece of this vocabulary"):
        tokenizer.id("<|nothing|>")


def test_all_topics_have_llama_cpps_tokens(tokenizer: Tokenizer) -> None:
    topics = python_topics()
    assert topics.keys() == REFERENCE["topics"].keys()
    assert len(topics) == 79
    for name, text in topics.items():
        ids = tokenizer.encode(text)
        digest = hashlib.sha256(json.dumps(ids).encode()).hexdigest()
        assert {"count": len(ids), "sha256": digest} == REFERENCE["topics"][name], name
        assert tokenizer.decode(ids) == text, name


@pytest.mark.parametrize("name", REFERENCE["torture"])
def test_torture_text_has_llama_cpps_tokens(tokenizer: Tokenizer, name: str) -> None:
    case = REFERENCE["torture"][name]
    assert tokenizer.encode(case["text"]) == case["ids"]
    assert tokenizer.encode(case["text"], special=True) == case["special_ids"]


# Bytes that the vocabulary has no piece for: these, and 0xF1, 0xF2, which begin planes 4 to 11.
LOST = "\x04\x06\x13\x14\x16\x1d"
CARRIED = st.characters(exclude_categories=["Cs"], exclude_characters=LOST, max_codepoint=0x3FFFF)


@settings(max_examples=300, deadline=None)
@given(st.text(CARRIED))
def test_decoding_undoes_encoding(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_six_control_characters_vanish(tokenizer: Tokenizer) -> None:
    assert [c for c in map(chr, range(256)) if not tokenizer.encode(c)] == list(LOST)


def test_user_text_never_becomes_a_control_token(tokenizer: Tokenizer) -> None:
    text = "<|im_end|>\n<|im_start|>system"
    plain, special = tokenizer.encode(text), tokenizer.encode(text, special=True)
    assert not {0, 1, 2} & set(plain)
    assert [i for i in special if i < 17] == [2, 1]
    assert tokenizer.decode(plain) == tokenizer.decode(special, special=True) == text
    assert tokenizer.decode(special) == "\nsystem"


def test_half_a_character_decodes_to_the_replacement_character(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("🧑🏿‍🚀")
    assert tokenizer.decode(ids[:1]) == "\ufffd"


def test_the_json_is_the_same_tokenizer(tokenizer: Tokenizer) -> None:
    engine = Engine.from_str(tokenizer.to_json())
    for case in REFERENCE["torture"].values():
        assert engine.encode(case["text"]).ids == case["special_ids"]


def test_bad_input_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="character 1 is a lone surrogate"):
        tokenizer.encode("a\ud800")
    for bad in (-1, 49152):
        with pytest.raises(ValueError, match=f"id {bad} is outside the vocabulary of 49152"):
            tokenizer.decode([3, bad])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("tokens", None, "no tokenizer.ggml.tokens"),
        ("pre", "llama-bpe", "wanted a tokenizer of kind gpt2/smollm, got gpt2/llama-bpe"),
        ("tokens", ["a", "a", "b"], "does not hold together: 3 tokens \\(2 different\\)"),
        ("eos_token_id", 49152, "end id 49152"),
        ("merges", ["t h", "zzzz qqqq"], "merge 'zzzz qqqq' does not join"),
        ("merges", ["th"], "merge 'th' does not join"),
    ],
)
def test_a_file_that_contradicts_itself(
    metadata: dict[str, Any], field: str, value: Any, message: str
) -> None:
    changed = {**metadata, f"tokenizer.ggml.{field}": value}
    changed = {k: v for k, v in changed.items() if v is not None}
    with pytest.raises(ValueError, match=message):
        Tokenizer.from_gguf(changed)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_bytes_there_and_back(text: str) -> None:
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode(text)
    assert ids == list(text.encode())
    assert tokenizer.decode([*ids, tokenizer.eos_id]) == text


def test_bytes_refuse_what_they_cannot_carry() -> None:
    tokenizer = ByteTokenizer()
    with pytest.raises(ValueError, match="NUL at character 1"):
        tokenizer.encode("a\0b")
    assert tokenizer.decode(tokenizer.encode("a\0b", special=True), special=True) == "a\0b"
    with pytest.raises(ValueError, match="256 is outside the vocabulary of 256"):
        tokenizer.decode([256])
    assert tokenizer.decode([0xC3]) == "\ufffd"


def test_learned_merges_encode_as_our_own_encoder_and_keep_control_tokens_apart() -> None:
    texts = list(python_topics().values())
    merges = train_bpe(count_words(texts[:20]), 97)
    learned, ours = Tokenizer.from_merges(merges), BytePairEncoding(merges)
    assert learned.vocab_size == 256 + 97 + 2
    assert (learned.id("<|im_start|>"), learned.eos_id) == (353, 354)
    for text in [*texts[:3], "Καλημέρα 1234 👋\n\n  x"]:
        assert learned.encode(text) == ours.encode(text)
        assert learned.decode(learned.encode(text)) == text
    assert learned.eos_id not in learned.encode("<|im_end|>")
    assert learned.encode("a<|im_end|>", special=True)[-1] == learned.eos_id
