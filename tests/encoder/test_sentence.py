"""The encoder: by hand, against sentence-transformers, and on input that nobody meant."""

import importlib.util
import io
import json
import sys
from functools import partial
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from tokenizers import Tokenizer
from tqdm import tqdm

from whiteboard.encoder import (
    sentence,
    weights,
)

REFERENCES = Path(__file__).parents[1] / "references"


@pytest.fixture(scope="module")
def inputs():
    """The module that made the stored vectors: it knows their texts."""
    spec = importlib.util.spec_from_file_location("minilm_inputs", REFERENCES / "minilm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Against sentence-transformers


def test_equal_to_sentence_transformers(minilm, inputs):
    """Cosine above 0.99999 on 500 sentences and 40 long documents, and the same tokens."""
    texts = inputs.sentences() + inputs.documents()
    with np.load(inputs.STORED) as stored:
        about = json.loads(str(stored["about"]))
        assert about["weights_sha256"] == minilm.weights_sha256
        assert about["inputs_sha256"] == inputs.digest(texts)
        counts = [len(encoding.ids) for encoding in minilm.tokenizer.encode_batch(texts)]
        assert counts == stored["token_counts"].tolist()
        vectors = np.asarray(minilm.encode(texts))
        half = stored["half"].astype(np.float32)
        cosines = (vectors * half).sum(1) / np.linalg.norm(half, axis=1)
        assert len(texts) == 540
        assert cosines.min() > 0.99999
        np.testing.assert_allclose(vectors[::9], stored["every_ninth"], atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


# Texts


def test_order_and_company_change_nothing(minilm):
    texts = ["one", "a longer text about nothing in particular " * 9, "", "two words", "five"]
    together = minilm.encode(texts)
    alone = jnp.concatenate([minilm.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert minilm.encode([]).shape == (0, 384)


def test_an_error_in_any_batch_is_raised(minilm, monkeypatch):
    def refuse(module, ids, owners, positions):
        raise ValueError(f"{len(ids)} rows")

    monkeypatch.setattr(sentence, "embed_packed", refuse)
    for count in (1, 300):
        with pytest.raises(ValueError, match="rows"):
            minilm.encode(["a text of a few words"] * count)


@pytest.mark.parametrize(
    ("is_terminal", "wait", "seen"), [(True, 0, True), (True, 60, False), (False, 0, False)]
)
def test_a_long_wait_shows_how_far_it_is(minilm, monkeypatch, is_terminal, wait, seen):
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sentence, "WAIT", wait)
    monkeypatch.setattr(sentence, "tqdm", partial(tqdm, mininterval=0, miniters=1))
    minilm.encode(["a text of a few words"] * 300)
    assert ("300/300 [" in screen.getvalue()) == seen
    assert screen.getvalue().endswith("\r") == seen  # wiped at the end


def test_the_shipped_tokenizer_cuts_and_pads_too_early():
    """What loading has to undo: without it texts lose half of what the model reads."""
    shipped = Tokenizer.from_file(str(weights.find() / "tokenizer.json"))
    assert shipped.truncation["max_length"] == 128
    assert len(shipped.encode("one").ids) == 128


def test_text_is_cut_at_max_length(minilm):
    start = "word " * 254
    assert jnp.array_equal(minilm.encode([start])[0], minilm.encode([start + "other " * 99])[0])
    long = "word " * 2_000_000
    assert jnp.array_equal(minilm.encode([start])[0], minilm.encode([long])[0])


def test_lone_surrogates_are_dropped_and_pairs_joined(minilm):
    broken, clean = ["a\ud800 b", "\udfff", "\ud83d\ude00"], ["a b", "", "\U0001f600"]
    assert jnp.array_equal(minilm.encode(broken), minilm.encode(clean))


@pytest.mark.parametrize("texts", ["one string", ["a", None], [b"bytes"]])
def test_what_is_not_a_list_of_strings(minilm, texts):
    with pytest.raises(TypeError, match=r"wanted a (list of strings|string), got"):
        type(minilm).encode.__wrapped__(minilm, texts)


# Files
