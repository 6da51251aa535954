"""The KV cache: static buffers, written in place, read under a mask."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int


# --8<-- [start:cache]
class LayerCache(NamedTuple):
    """Keys and values of one layer; slot s holds the token at position s of its row.

    The slots of one head are neighbours in memory, so a decode step reads each head once,
    from front to back.
    """

    key: Float[Array, "batch num_kv_heads slots head_dim"]
    value: Float[Array, "batch num_kv_heads slots head_dim"]


def init_cache(
    *,
    num_layers: int,
    batch: int,
    num_kv_heads: int,
    slots: int,
    head_dim: int,
    dtype: DTypeLike = jnp.float32,
) -> tuple[LayerCache, ...]:
    """Empty buffers: 2 * num_layers * batch * num_kv_heads * slots * head_dim elements."""
    shape = (batch, num_kv_heads, slots, head_dim)
    # Each buffer is an array of its own: a donated one must not be shared.
    return tuple(
        LayerCache(jnp.zeros(shape, dtype), jnp.zeros(shape, dtype)) for _ in range(num_layers)
    )


def write(
    layer: LayerCache,
    key: Float[Array, "batch time num_kv_heads head_dim"],
    value: Float[Array, "batch time num_kv_heads head_dim"],
    position: Int[Array, "batch"],
) -> LayerCache:
    """Put `time` new tokens of each row at slots position, position + 1, ...

    In place when the caller's program was given the cache with `donate_argnums`. The caller
    keeps position + time <= slots: past the end, XLA would shift the write back without a word.
    """

    def put(buffer: Array, new: Array, start: Array) -> Array:
        return jax.lax.dynamic_update_slice_in_dim(buffer, new, start, axis=1)

    key, value = (
        jnp.swapaxes(new, 1, 2).astype(old.dtype) for new, old in zip((key, value), layer)
    )
    return LayerCache(
        jax.vmap(put)(layer.key, key, position), jax.vmap(put)(layer.value, value, position)
    )


def valid_mask(
    position: Int[Array, "batch"], query_length: int, slots: int
) -> Bool[Array, "batch query_length slots"]:
    """Which slots a query may read: slot s <= position + t for query t.

    With position 0 and as many slots as queries this is the causal mask. Padding at the end of a
    prompt lies in later slots, so no real query reads it, and decoding overwrites it.
    """
    query = position[:, None] + jnp.arange(query_length)[None, :]
    return jnp.arange(slots)[None, None, :] <= query[:, :, None]


# --8<-- [end:cache]
