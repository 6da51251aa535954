"""Shapes of decoders: the two that run here, and published ones for arithmetic."""

from __future__ import annotations

import dataclasses
from typing import Any

from whiteboard.architecture.rope_scaling import RopeScaling


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecoderConfig:
    """The shape of a Llama-style decoder.

    Attributes:
        vocab_size: rows of the embedding table (V).
        hidden_size: width of the residual stream (D).
        intermediate_size: width of the gated feed-forward layer (F).
        num_layers: decoder blocks (L).
        num_heads: query heads (H).
        num_kv_heads: key and value heads (K); divides `num_heads`.
        head_dim: width of one head (N); even, because RoPE turns pairs.
        rope_theta: base of the rotary frequencies.
        norm_eps: added to the mean square in RMSNorm.
        max_length: tokens of context, prompt and answer together.
        tie_embeddings: whether the output matrix is the embedding table.
        qkv_bias: whether the query, key and value projections add a bias, as in Qwen2.5.
        rope_scaling: how the rotary frequencies are changed for texts past the trained length.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    rope_theta: float
    norm_eps: float
    max_length: int
    tie_embeddings: bool
    qkv_bias: bool = False
    rope_scaling: RopeScaling | None = None

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, bool | RopeScaling | None) and not value > 0:
                raise ValueError(f"{field.name} must be positive, got {value}")
        if self.num_heads % self.num_kv_heads:
            raise ValueError(
                f"num_heads {self.num_heads} is no multiple of num_kv_heads {self.num_kv_heads}: "
                "each KV head serves the same number of query heads"
            )
        if self.head_dim % 2:
            raise ValueError(f"head_dim must be even for rotary pairs, got {self.head_dim}")

    @property
    def num_groups(self) -> int:
        """Query heads that share one KV head, G = H / K."""
        return self.num_heads // self.num_kv_heads

    @property
    def num_parameters(self) -> int:
        """Weights of the whole model; a tied table counts once.

        V D (1 or 2) + L (2 D H N + 2 D K N + 3 D F + 2 D) + D, and L (H + 2 K) N of biases.
        """
        query, kv = self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        attention = 2 * self.hidden_size * (query + kv) + self.qkv_bias * (query + 2 * kv)
        layer = attention + 3 * self.hidden_size * self.intermediate_size + 2 * self.hidden_size
        tables = (1 if self.tie_embeddings else 2) * self.vocab_size * self.hidden_size
        return tables + self.num_layers * layer + self.hidden_size

    @classmethod
    def tiny(cls, **changes: Any) -> DecoderConfig:
        """A decoder of 0.14 million weights over bytes, for proofs and for training on a page."""
        shape: dict[str, Any] = {
            "vocab_size": 256,
            "hidden_size": 64,
            "intermediate_size": 192,
            "num_layers": 2,
            "num_heads": 4,
            "num_kv_heads": 2,
            "head_dim": 16,
            "rope_theta": 10_000.0,
            "norm_eps": 1e-5,
            "max_length": 512,
            "tie_embeddings": True,
        }
        return cls(**{**shape, **changes})

    @classmethod
    def smollm2_135m(cls) -> DecoderConfig:
        """SmolLM2-135M-Instruct, the model with real weights."""
        return cls(
            vocab_size=49_152,
            hidden_size=576,
            intermediate_size=1536,
            num_layers=30,
            num_heads=9,
            num_kv_heads=3,
            head_dim=64,
            rope_theta=100_000.0,
            norm_eps=1e-5,
            max_length=8192,
            tie_embeddings=True,
        )
