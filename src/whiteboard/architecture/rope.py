"""Rotary position embedding, in the half-split layout of the published Llama checkpoints."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def rotary_tables(
    position: Int[Array, "batch time"], head_dim: int, theta: float
) -> tuple[Float[Array, "batch time pairs"], Float[Array, "batch time pairs"]]:
    """Cosine and sine of every rotation angle: position * theta^(-2 i / head_dim).

    Computed once for a forward pass and shared by all its layers.

    Args:
        position: index of each token in its own sequence, from 0.
        head_dim: width N of a head; pairs i run from 0 to N / 2 - 1.
        theta: base of the frequencies; 10,000 in the paper.

    Source: RoFormer, arXiv 2104.09864, equation 15.
    """
    if head_dim % 2:
        raise ValueError(f"head_dim must be even: RoPE turns pairs, got {head_dim}")
    frequency = theta ** (-jnp.arange(0, head_dim, 2, dtype=jnp.float32) / head_dim)
    angle = position[:, :, None].astype(jnp.float32) * frequency[None, None, :]
    return jnp.cos(angle), jnp.sin(angle)


def rotate(
    x: Float[Array, "batch time heads head_dim"],
    tables: tuple[Float[Array, "batch time pairs"], Float[Array, "batch time pairs"]],
) -> Float[Array, "batch time heads head_dim"]:
    """Turn pair i of each head by its angle: (a cos - b sin, b cos + a sin).

    Pair i is (x[i], x[i + N / 2]), where the paper pairs neighbours (x[2 i], x[2 i + 1]). The two
    differ by a fixed permutation of each head's rows in the query and key projections, so a
    checkpoint fits one of them only: see `whiteboard.lm.loading.deinterleave`.
    """
    cos, sin = (table[:, :, None, :].astype(x.dtype) for table in tables)
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)
