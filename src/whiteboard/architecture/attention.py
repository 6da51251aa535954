"""Scaled dot-product attention and its masks, as pure functions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped


# --8<-- [start:dot_product_attention]
def dot_product_attention(
    query: Float[Array, "batch time heads head_dim"],
    key: Float[Array, "batch source heads head_dim"],
    value: Float[Array, "batch source heads value_dim"],
    *,
    mask: Bool[Array, "#batch #heads #time source"] | None = None,
    scale: float | None = None,
) -> Float[Array, "batch time heads value_dim"]:
    """Sums of values by head: `softmax(scale * query @ key.T) @ value`.

    The softmax runs over the keys, in float32 whatever the inputs' dtype.

    Args:
        query: what each position asks for.
        key: what each source position is found by.
        value: what each source position gives.
        mask: True where a query may look. One that may look nowhere gets zeros.
        scale: factor on the scores; `head_dim ** -0.5` by default.

    Returns:
        An array of the query's dtype, each row in the convex hull of its values.

    Raises:
        ValueError: shapes that do not fit together, or a mask that is not boolean.

    Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2.1. It does not say
        what a query without any visible key gets.
    """
    check_attention_shapes(query, key, value, mask)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = jnp.einsum("BTHN,BSHN->BHTS", query, key, preferred_element_type=jnp.float32)
    weights = jax.nn.softmax(scores * scale, axis=-1, where=mask)
    weights = weights.astype(value.dtype)
    output = jnp.einsum("BHTS,BSHN->BTHN", weights, value, preferred_element_type=jnp.float32)
    return output.astype(query.dtype)


# --8<-- [end:dot_product_attention]


# --8<-- [start:masks]
def causal_mask(time: int, source: int | None = None) -> Bool[Array, "1 1 time source"]:
    """True where a query may look: at its own position and before it.

    Args:
        time: number of queries.
        source: number of keys, `time` by default. With more keys than queries, the queries are the
            last positions, as when decoding with a cache.

    Returns:
        A mask for one sequence and one head, which broadcasts over both.
    """
    source = time if source is None else source
    return jnp.tril(jnp.ones((1, 1, time, source), bool), k=source - time)


def padding_mask(lengths: Int[Array, "batch"], source: int) -> Bool[Array, "batch 1 1 source"]:
    """True at the first `lengths[b]` keys of sequence `b`, False at its padding.

    Args:
        lengths: number of real tokens of each sequence.
        source: number of keys, padding included.

    Returns:
        A mask for all queries and heads of a sequence.
    """
    return (jnp.arange(source)[None, :] < lengths[:, None])[:, None, None, :]


# --8<-- [end:masks]


def check_attention_shapes(
    query: Shaped[Array, "..."],
    key: Shaped[Array, "..."],
    value: Shaped[Array, "..."],
    mask: Shaped[Array, "..."] | None,
) -> None:
    """Check that the arguments of attention fit together.

    Args:
        query: wanted as [batch, time, heads, head_dim].
        key: wanted as [batch, source, heads, head_dim].
        value: wanted as [batch, source, heads, value_dim].
        mask: boolean and broadcastable to [batch, heads, time, source], or none.

    Raises:
        ValueError: an axis or a dtype does not fit; the message names the argument.
    """
    for name, array in (("query", query), ("key", key), ("value", value)):
        if array.ndim != 4:
            raise ValueError(
                f"{name}: wanted 4 axes [batch, time, heads, head_dim], got shape {array.shape}"
            )
    batch, time, heads, head_dim = query.shape
    if key.shape != (wanted := (batch, key.shape[1], heads, head_dim)):
        raise ValueError(f"key: wanted shape {wanted} to fit the query, got {key.shape}")
    if value.shape[:3] != key.shape[:3]:
        raise ValueError(f"value: wanted shape {key.shape[:3]} + (value_dim,), got {value.shape}")
    if mask is None:
        return
    if mask.dtype != bool:
        raise ValueError(f"mask: wanted bool, True where a query may look, got {mask.dtype}")
    full = (batch, heads, time, key.shape[1])
    if mask.ndim != 4 or any(m not in (1, n) for m, n in zip(mask.shape, full)):
        raise ValueError(f"mask: wanted a shape that broadcasts to {full}, got {mask.shape}")
