"""The encoder's shape: what cannot be, and what another model's file states."""

import json
from pathlib import Path

import pytest

from whiteboard import encoder
from whiteboard.encoder import (
    EncoderConfig,
    weights,
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the real files, to spoil."""
    for name in weights.FILES:
        (tmp_path / name).symlink_to(weights.find() / name)
    return tmp_path


@pytest.mark.parametrize(("change", "message"), [
    ({"num_heads": 5}, "num_heads 5 does not divide hidden_size 12"),
    ({"max_length": 24}, "wanted 2 to 23"),
    ({"max_length": 1}, "wanted 2 to 23"),
])  # fmt: skip
def test_a_config_that_cannot_be(change, message):
    with pytest.raises(ValueError, match=message):
        EncoderConfig(**(vars(EncoderConfig.tiny()) | change))


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
