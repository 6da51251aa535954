"""The KV cache: static buffers, written in place, read under a mask."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int


# --8<-- [start:cache]
class LayerCache(NamedTuple):
    """Keys and values of one layer; slot s holds the token at position s of its row.

    Keys lie transposed. A decode step takes one element of the query at a time and multiplies it
    into that element of all slots' keys: they are neighbours in memory, as are the elements of a
    value, which are added up slot by slot.
    """

    key: Float[Array, "batch num_kv_heads head_dim slots"]
    value: Float[Array, "batch num_kv_heads slots head_dim"]

    @property
    def slots(self) -> int:
        """How many tokens of a row fit."""
        return self.value.shape[2]


SLOT_AXES = LayerCache(3, 2)  # type: ignore[arg-type]  # where each buffer's slots are


def init_cache(
    *,
    num_layers: int,
    batch: int,
    num_kv_heads: int,
    slots: int,
    head_dim: int,
    dtype: DTypeLike = jnp.float32,
) -> tuple[LayerCache, ...]:
    """Empty buffers: 2 * num_layers * batch * num_kv_heads * slots * head_dim elements.

    Args:
        num_layers: layers that cache (L).
        batch: rows, one sequence each.
        num_kv_heads: key and value heads (K).
        slots: most tokens that a row can cache.
        head_dim: width of one head (N).
        dtype: of the cached elements; values written later are converted to it.

    Returns:
        One cache a layer, all zeros.
    """
    head = batch, num_kv_heads
    # Each buffer is an array of its own: a donated one must not be shared.
    return tuple(
        LayerCache(
            jnp.zeros((*head, head_dim, slots), dtype), jnp.zeros((*head, slots, head_dim), dtype)
        )
        for _ in range(num_layers)
    )


def lay_out(
    key: Float[Array, "batch time num_kv_heads head_dim"],
    value: Float[Array, "batch time num_kv_heads head_dim"],
) -> LayerCache:
    """A cache of these tokens and no more: token t in slot t.

    Args:
        key: of K heads, after RoPE.
        value: of K heads.

    Returns:
        A layer's cache with as many slots as tokens.
    """
    return LayerCache(key.transpose(0, 2, 3, 1), value.swapaxes(1, 2))


def write(
    layer: LayerCache,
    key: Float[Array, "batch time num_kv_heads head_dim"],
    value: Float[Array, "batch time num_kv_heads head_dim"],
    position: Int[Array, "batch"],
) -> LayerCache:
    """Put `time` new tokens of each row at slots position, position + 1, ...

    In place when the caller's program was given the cache with `donate_argnums`. The caller
    keeps position + time <= slots: past the end, XLA would shift the write back without a word.

    Args:
        layer: one layer's cache.
        key: of the new tokens, after RoPE.
        value: of the new tokens.
        position: slot of each row's first new token: the tokens already in its cache.

    Returns:
        The cache with the new tokens in it, in the cache's dtype.
    """

    def put(buffer: Array, new: Array, slot_axis: int) -> Array:
        row = partial(jax.lax.dynamic_update_slice_in_dim, axis=slot_axis - 1)
        return jax.vmap(row)(buffer, new.astype(buffer.dtype), position)

    return jax.tree.map(put, layer, lay_out(key, value), SLOT_AXES)


def valid_mask(
    position: Int[Array, "batch"], query_length: int, slots: int
) -> Bool[Array, "batch query_length slots"]:
    """Which slots a query may read: slot s <= position + t for query t.

    With position 0 and as many slots as queries this is the causal mask. Padding at the end of a
    prompt lies in later slots, so no real query reads it, and decoding overwrites it.

    Args:
        position: position of each row's first query.
        query_length: queries of each row, at consecutive positions.
        slots: slots of the cache.

    Returns:
        True where a query may read a slot.
    """
    query = position[:, None] + jnp.arange(query_length)[None, :]
    return jnp.arange(slots)[None, None, :] <= query[:, :, None]


# --8<-- [end:cache]
