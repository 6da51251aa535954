"""Rotary position embedding, in both of its layouts."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.architecture.attention import causal_mask, dot_product_attention

Tables = tuple[Float[Array, "batch time pairs"], Float[Array, "batch time pairs"]]


def rotary_frequencies(head_dim: int, theta: float) -> Float[Array, "pairs"]:
    """Radians that pair i turns per position: theta^(-2 i / head_dim), from 1 downwards.

    Args:
        head_dim: width N of a head; pairs i run from 0 to N / 2 - 1.
        theta: base of the frequencies; 10,000 in the paper.

    Returns:
        Radians per position, one for each pair.

    Raises:
        ValueError: an odd width.

    Source: RoFormer, arXiv 2104.09864, equation 15.
    """
    if head_dim % 2:
        raise ValueError(f"head_dim must be even: RoPE turns pairs, got {head_dim}")
    return theta ** (-jnp.arange(0, head_dim, 2, dtype=jnp.float32) / head_dim)


def tables_of(position: Int[Array, "batch time"], frequency: Float[Array, "pairs"]) -> Tables:
    """Cosine and sine of every angle: position * frequency, in float32.

    Computed once for a forward pass and shared by all its layers.

    Args:
        position: index of each token in its own sequence, from 0.
        frequency: radians per position of each pair.

    Returns:
        The cosines and the sines, one for each token and pair.
    """
    angle = position[:, :, None].astype(jnp.float32) * frequency[None, None, :]
    return jnp.cos(angle), jnp.sin(angle)


def rotary_tables(position: Int[Array, "batch time"], head_dim: int, theta: float) -> Tables:
    """Cosine and sine of every rotation angle: position * theta^(-2 i / head_dim).

    Args:
        position: index of each token in its own sequence, from 0.
        head_dim: width of a head, even.
        theta: base of the frequencies.

    Returns:
        The cosines and the sines, one for each token and pair.
    """
    return tables_of(position, rotary_frequencies(head_dim, theta))


# --8<-- [start:pairings]
def rotate(
    x: Float[Array, "batch time heads head_dim"], tables: Tables
) -> Float[Array, "batch time heads head_dim"]:
    """Turn pair i of each head by its angle: (a cos - b sin, b cos + a sin).

    Half-split, as published Llama checkpoints have it: pair i is (x[i], x[i + N / 2]), where the
    paper pairs neighbours. The two differ by a fixed permutation of each head's rows in the query
    and key projections, so a checkpoint fits one of them only.

    Args:
        x: queries or keys, half-split.
        tables: cosines and sines of the tokens' angles.

    Returns:
        The turned heads; each keeps its length.
    """
    cos, sin = (table[:, :, None, :].astype(x.dtype) for table in tables)
    a, b = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def rotate_interleaved(
    x: Float[Array, "batch time heads head_dim"], tables: Tables
) -> Float[Array, "batch time heads head_dim"]:
    """The same turn of neighbours: pair i is (x[2 i], x[2 i + 1]), as in the paper and in GGUF.

    Args:
        x: queries or keys, interleaved.
        tables: cosines and sines of the tokens' angles.

    Returns:
        The turned heads; each keeps its length.
    """
    cos, sin = (table[:, :, None, :].astype(x.dtype) for table in tables)
    a, b = x[..., ::2], x[..., 1::2]
    return jnp.stack([a * cos - b * sin, b * cos + a * sin], axis=-1).reshape(x.shape)


def to_half_split(x: Float[Array, "*axes head_dim"]) -> Float[Array, "*axes head_dim"]:
    """Reorder an interleaved head, or the head's columns of a kernel: all firsts, then seconds."""
    return jnp.concatenate([x[..., ::2], x[..., 1::2]], axis=-1)


def to_interleaved(x: Float[Array, "*axes head_dim"]) -> Float[Array, "*axes head_dim"]:
    """The way back: the two members of each pair become neighbours."""
    return jnp.stack(jnp.split(x, 2, axis=-1), axis=-1).reshape(x.shape)


# --8<-- [end:pairings]


# --8<-- [start:attention]
def rotary_attention(
    query: Float[Array, "batch time heads head_dim"],
    key: Float[Array, "batch time heads head_dim"],
    value: Float[Array, "batch time heads value_dim"],
    position: Int[Array, "batch time"],
    theta: float,
) -> Float[Array, "batch time heads value_dim"]:
    """Causal attention whose queries and keys are turned by their positions.

    The score of a query at m and a key at n depends on m - n: R(m) q . R(n) k = q . R(n - m) k.
    Values are not turned, or every output would carry the absolute positions of what it read.

    Args:
        query: half-split heads, not yet turned.
        key: half-split heads, not yet turned.
        value: what each position gives.
        position: index of each token in its own sequence, from 0.
        theta: base of the frequencies.

    Returns:
        The weighted sum of the values for each query and head.
    """
    tables = rotary_tables(position, query.shape[-1], theta)
    query, key = rotate(query, tables), rotate(key, tables)
    return dot_product_attention(query, key, value, mask=causal_mask(query.shape[1]))


# --8<-- [end:attention]
