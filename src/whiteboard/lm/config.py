"""Shapes of decoders: the two that run here, and published ones for arithmetic."""

from __future__ import annotations

import dataclasses
from typing import Any

from whiteboard.architecture.parameter_count import parameters
from whiteboard.architecture.rope_scaling import RopeScaling
from whiteboard.data.published_models import ModelShape, published_models


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
        """Weights of the whole model; a tied table counts once."""
        return parameters(
            ModelShape(
                vocab_size=self.vocab_size,
                hidden_size=self.hidden_size,
                num_layers=self.num_layers,
                num_heads=self.num_heads,
                num_kv_heads=self.num_kv_heads,
                head_dim=self.head_dim,
                intermediate_size=self.intermediate_size,
                tie_embeddings=self.tie_embeddings,
                qkv_bias=self.qkv_bias,
            )
        )

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
        return cls.published("SmolLM2 135M")

    @classmethod
    def published(cls, name: str) -> DecoderConfig:
        """The shape of a published model of this family.

        Args:
            name: in `whiteboard.data.published_models`.

        Returns:
            The shape as it was trained: up to the context where frequencies are not scaled.

        Raises:
            ValueError: a model of that name is not there, or this decoder cannot have its shape.
        """
        models = published_models()
        given = {each for each, model in models.items() if model.rope_theta and model.norm_eps}
        if name not in given:
            raise ValueError(f"wanted one of {', '.join(sorted(given))}; got {name!r}")
        model = models[name]
        shape = {
            f.name: getattr(model, f.name)
            for f in dataclasses.fields(cls)
            if hasattr(model, f.name)
        }
        return cls(**shape | {"max_length": model.trained_length or model.max_length})
