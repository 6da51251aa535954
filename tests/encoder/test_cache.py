"""The vectors' cache: found again, never wrong."""

import threading
from concurrent.futures import ThreadPoolExecutor

import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import save_file

from whiteboard.encoder import cache, encode_corpus

TEXTS = ["alpha", "beta", "gamma \ud800"]


@pytest.fixture
def counted(minilm, monkeypatch):
    """The encoder, and the list of calls that reached it."""
    calls = []
    encode = type(minilm).encode
    monkeypatch.setattr(
        type(minilm), "encode", lambda self, texts: calls.append(texts) or encode(self, texts)
    )
    return minilm, calls


def test_encoded_once(counted, tmp_path):
    minilm, calls = counted
    first = encode_corpus(minilm, TEXTS, directory=tmp_path / "new")
    second = encode_corpus(minilm, TEXTS, directory=tmp_path / "new")
    assert len(calls) == 1
    assert jnp.array_equal(first, second)
    assert jnp.array_equal(first, minilm.encode(TEXTS))


def test_other_texts_code_or_lengths_are_other_vectors(minilm, monkeypatch):
    keys = {cache._key(minilm, texts) for texts in (TEXTS, TEXTS[::-1], TEXTS[:2], ["alphabeta"])}
    monkeypatch.setattr(cache, "_code", lambda: "changed")
    keys.add(cache._key(minilm, TEXTS))
    assert len(keys) == 5


def cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def flip(path):
    """One bit of one value: only the hash can tell."""
    data = bytearray(path.read_bytes())
    data[-7] ^= 1
    path.write_bytes(data)


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    save_file({"vectors": np.zeros((3, 384), np.float32)}, path)


def reshaped(path):
    vectors = np.zeros((2, 384), np.float32)
    save_file({"vectors": vectors}, path, {"sha256": cache._digest(vectors)})


@pytest.mark.parametrize("damage", [cut, flip, empty, foreign, reshaped])
def test_a_damaged_file_is_computed_again(counted, tmp_path, damage):
    minilm, calls = counted
    wanted = encode_corpus(minilm, TEXTS, directory=tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    damage(path)
    assert jnp.array_equal(encode_corpus(minilm, TEXTS, directory=tmp_path), wanted)
    assert jnp.array_equal(encode_corpus(minilm, TEXTS, directory=tmp_path), wanted)
    assert len(calls) == 2
    assert {file.stem for file in tmp_path.iterdir()} == {path.stem}


def test_of_two_at_once_one_encodes(counted, tmp_path):
    minilm, calls = counted
    begun = threading.Barrier(2)

    def ask(_):
        begun.wait(timeout=60)
        return encode_corpus(minilm, TEXTS, directory=tmp_path)

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(ask, range(2))
    assert jnp.array_equal(first, second)
    assert len(calls) == 1
