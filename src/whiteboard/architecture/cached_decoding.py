"""One layer's attention while decoding: turn, write, mask, read, in that order."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.architecture.grouped_query_attention import cached_attention
from whiteboard.architecture.kv_cache import LayerCache, valid_mask, write
from whiteboard.architecture.rope import rotary_tables, rotate


# --8<-- [start:decode]
def attend_and_cache(
    query: Float[Array, "batch time num_heads head_dim"],
    key: Float[Array, "batch time num_kv_heads head_dim"],
    value: Float[Array, "batch time num_kv_heads head_dim"],
    cache: LayerCache,
    position: Int[Array, "batch"],
) -> tuple[Float[Array, "batch time num_heads head_dim"], LayerCache]:
    """Attention of new tokens over all earlier ones and themselves; the cache with them in it.

    Token t of a row stands at position + t: its query and key are turned by RoPE (theta 10,000)
    for that place, its key and value go to that slot, and its query reads the slots up to it.
    Keys are cached after they are turned, so a cached token is never touched again.

    Args:
        query: of the new tokens, before RoPE.
        key: of the new tokens, before RoPE.
        value: of the new tokens.
        cache: one layer's keys and values of the earlier tokens.
        position: tokens already in each row's cache; position + time <= slots.

    Returns:
        The attention's output, and the cache after the write.
    """
    time, head_dim = query.shape[1], query.shape[3]
    place = position[:, None] + jnp.arange(time)[None, :]
    rotary = rotary_tables(place, head_dim, 10_000.0)
    cache = write(cache, rotate(key, rotary), value, position)
    mask = valid_mask(position, time, cache.slots)
    return cached_attention(rotate(query, rotary), cache, mask), cache


# --8<-- [end:decode]
