"""Encoding: SmolLM2's own vocabulary token for token, any bytes there and back, no long waits."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.bpe_trainer import count_words, train_bpe
from whiteboard.architecture.byte_pair_encoding import (
    BytePairEncoding,
    join_pieces,
    merge_steps,
    merge_word,
    piece_bytes,
    written_piece,
)
from whiteboard.data import human_rights, python_topics
from whiteboard.lm import gguf, weights
from whiteboard.lm.tokenizer import Tokenizer

TORTURE = json.loads((Path(__file__).parents[1] / "references/smollm2_tokens.json").read_text())[
    "torture"
]
SCRIPTS = "".join(sorted(set("".join(human_rights().values()))))
MIXED = SCRIPTS + "👍🏽👩‍🚀🇳🇴\u0301\u200d\t\n\r\xa0\u2003 '’–0123456789١२x² <|im_end|>{}()=_#"


@pytest.fixture(scope="module")
def reference() -> Tokenizer:
    return Tokenizer.from_gguf(gguf.read(weights.find("smollm2-135m")).metadata)


@pytest.fixture(scope="module")
def smollm2(reference: Tokenizer) -> BytePairEncoding:
    return BytePairEncoding.from_json(reference.to_json())


@pytest.fixture(scope="module")
def trained() -> BytePairEncoding:
    texts = [*human_rights().values(), python_topics()["assert"]]
    return BytePairEncoding(train_bpe(count_words(texts), 499), special={"<|end|>": 755})


def test_every_topic_has_the_reference_s_tokens(
    smollm2: BytePairEncoding, reference: Tokenizer
) -> None:
    for name, text in python_topics().items():
        ids = smollm2.encode(text)
        assert ids == reference.encode(text), name
        assert smollm2.decode(ids) == text, name


@pytest.mark.parametrize("name", TORTURE)
def test_torture_text_has_llama_cpps_tokens(smollm2: BytePairEncoding, name: str) -> None:
    case = TORTURE[name]
    assert smollm2.encode(case["text"]) == case["ids"]
    assert smollm2.encode(case["text"], special=True) == case["special_ids"]


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from(MIXED), max_size=60))
def test_mixed_scripts_have_the_reference_s_tokens(
    smollm2: BytePairEncoding, reference: Tokenizer, text: str
) -> None:
    for special in (False, True):
        assert smollm2.encode(text, special=special) == reference.encode(text, special)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(17, 49151), max_size=20))
def test_any_ids_decode_as_the_reference_decodes_them(
    smollm2: BytePairEncoding, reference: Tokenizer, ids: list[int]
) -> None:
    assert smollm2.decode(ids) == reference.decode(ids)


def test_six_control_characters_vanish_and_their_neighbours_meet(
    smollm2: BytePairEncoding, reference: Tokenizer
) -> None:
    text = "th\x04e q\x13u\x14\x14ick"
    assert smollm2.encode(text) == reference.encode(text)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_come_back(trained: BytePairEncoding, data: bytes) -> None:
    assert trained.decode_bytes(trained.encode_bytes(data)) == data


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_any_text_comes_back(trained: BytePairEncoding, text: str) -> None:
    for special in (False, True):
        assert trained.decode(trained.encode(text, special=special)) == text


def test_merged_pieces_are_used(trained: BytePairEncoding) -> None:
    text = python_topics()["assert"]
    assert len(trained.encode(text)) < len(text) / 2


WORDS = st.text("abcd", max_size=12).map(str.encode)
PAIRS = st.tuples(*[st.text("abcd", min_size=1, max_size=3).map(str.encode)] * 2)


@settings(max_examples=500, deadline=None)
@given(WORDS, st.lists(PAIRS, max_size=30, unique=True))
def test_the_heap_gives_the_last_step_of_the_definition(
    word: bytes, pairs: list[tuple[bytes, bytes]]
) -> None:
    """Any ranks at all, such as training never gives: a piece merged before its parts are."""
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    steps = list(merge_steps(word, ranks))
    assert merge_word(word, ranks) == steps[-1]
    for before, after in pairwise(steps):
        known = [(ranks[p], i) for i, p in enumerate(pairwise(before)) if p in ranks]
        i = min(known)[1]
        assert after == [*before[:i], before[i] + before[i + 1], *before[i + 2 :]]


def test_a_long_word_costs_what_its_length_does(smollm2: BytePairEncoding) -> None:
    """Lookups, not seconds: the definition asks 200 times as often for 200 times the word."""

    class Counting(dict[tuple[bytes, bytes], int]):
        asked = 0

        def get(self, *pair: object) -> object:
            Counting.asked += 1
            return super().get(*pair)  # type: ignore[call-overload]

    ranks = Counting(smollm2.ranks)
    draw = random.Random(0)
    word = "".join(draw.choices("etaoinshr", k=20_000)).encode()
    assert b"".join(merge_word(word, ranks)) == word
    assert Counting.asked < 3 * len(word)


def test_special_tokens_are_found_only_when_asked_for_and_the_longest_first() -> None:
    bpe = BytePairEncoding([], special={"<s>": 256, "<s><s>": 257})
    text = "a<s><s><s>b"
    assert bpe.encode(text, special=True) == [
        bpe.ids[b"a"], 257, 256, bpe.ids[b"b"]
    ]  # fmt: skip
    assert len(bpe.encode(text)) == len(text)
    assert bpe.decode(bpe.encode(text, special=True)) == text


def test_half_an_emoji_is_marked_and_a_whole_one_in_pieces_is_whole() -> None:
    bpe = BytePairEncoding([])
    ids = bpe.encode("a👍")
    assert len(ids) == 5
    assert bpe.decode(ids) == "a👍"
    assert bpe.decode(ids[:3]) == "a\ufffd"
    assert join_pieces([b"\xf0\x9f", b"\x91\x8d"]) == "👍"


def test_pieces_as_files_write_them() -> None:
    assert piece_bytes("Ġthe") == b" the"
    assert written_piece(b" the") == "Ġthe"
    assert piece_bytes(written_piece(bytes(range(256)))) == bytes(range(256))
    assert piece_bytes("Ċé") == b"\n\xe9"
    with pytest.raises(ValueError, match="'漢' stands for no byte"):
        piece_bytes("漢")


def test_what_does_not_hold_together_is_refused(reference: Tokenizer) -> None:
    with pytest.raises(ValueError, match=r"b'a' b'b' does not join two pieces"):
        BytePairEncoding([(b"a", b"b")], {b"a": 0, b"b": 1})
    with pytest.raises(ValueError, match="the same id"):
        BytePairEncoding([], {b"a": 0, b"b": 0})
    with pytest.raises(ValueError, match="token id 256 is outside"):
        BytePairEncoding([]).decode([256])
    data = json.loads(reference.to_json())
    data["pre_tokenizer"] = {"type": "Whitespace"}
    with pytest.raises(ValueError, match="wanted byte-level BPE, got BPE after"):
        BytePairEncoding.from_json(json.dumps(data))
