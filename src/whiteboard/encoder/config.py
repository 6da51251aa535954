"""The shape of a BERT-style sentence encoder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

# Our names for the keys of a Hugging Face config.json.
_KEYS = {
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "intermediate_size": "intermediate_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "num_positions": "max_position_embeddings",
    "num_segments": "type_vocab_size",
    "norm_eps": "layer_norm_eps",
}


@dataclass(frozen=True)
class EncoderConfig:
    """A post-norm transformer encoder with learned positions, as in BERT.

    `max_length` is the number of tokens read of each text, [CLS] and [SEP] counted; the rest is
    cut. The model has `num_positions` positions, but was trained on `max_length` tokens.

    Raises:
        ValueError: when the heads do not divide the width, or the texts outgrow the positions.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_positions: int
    num_segments: int
    norm_eps: float
    max_length: int = 256

    def __post_init__(self) -> None:
        if self.hidden_size % self.num_heads:
            raise ValueError(
                f"num_heads {self.num_heads} does not divide hidden_size {self.hidden_size}"
            )
        if not 2 <= self.max_length <= self.num_positions:
            raise ValueError(
                f"max_length: wanted 2 to {self.num_positions} (num_positions), "
                f"got {self.max_length}"
            )

    @property
    def head_dim(self) -> int:
        """The width of one head: hidden_size / num_heads."""
        return self.hidden_size // self.num_heads

    @classmethod
    def tiny(cls) -> EncoderConfig:
        """A size for tests: every dimension another small number."""
        return cls(101, 12, 20, 2, 3, 23, 2, 1e-12, max_length=17)

    @classmethod
    def read(cls, path: Path) -> EncoderConfig:
        """The config of a Hugging Face `config.json`.

        Raises:
            ValueError: when the file is not that of a BERT encoder with exact GELU.
        """
        try:
            found = json.loads(path.read_text("utf8"))
            values = {ours: found[theirs] for ours, theirs in _KEYS.items()}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: wanted the config.json of a BERT encoder: {error}") from None
        for ours, value in values.items():
            kind = float if ours == "norm_eps" else int
            if type(value) is not kind or not 0 < value < 1_000_000:
                raise ValueError(f"{path}: {_KEYS[ours]} is {value!r}; wanted a positive {kind}")
        if (activation := found.get("hidden_act")) != "gelu":
            raise ValueError(f"{path}: hidden_act is {activation!r}; this model has 'gelu'")
        return cls(**values)
