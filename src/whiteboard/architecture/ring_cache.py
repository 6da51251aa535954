"""A cache for sliding-window attention: a ring that overwrites what no query will read again."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.kv_cache import SLOT_AXES, LayerCache, lay_out


# --8<-- [start:ring]
def write_ring(
    layer: LayerCache,
    key: Float[Array, "batch time num_kv_heads head_dim"],
    value: Float[Array, "batch time num_kv_heads head_dim"],
    position: Int[Array, "batch"],
) -> LayerCache:
    """Put the token at position p into slot p mod slots, over the one that was there.

    Args:
        layer: one layer's cache, used as a ring.
        key: of the new tokens, after RoPE.
        value: of the new tokens.
        position: position of each row's first new token in its sequence.

    Returns:
        The cache with the new tokens in it.

    Raises:
        ValueError: more tokens than slots.
    """
    slots, time = layer.slots, key.shape[1]
    if time > slots:
        raise ValueError(f"{time} tokens at once do not fit a ring of {slots} slots: chunk them")
    slot = (position[:, None] + jnp.arange(time)[None, :]) % slots

    def put(buffer: Array, new: Array, slot_axis: int) -> Array:
        before = (slice(None),) * (slot_axis - 1)  # the axes of one row ahead of its slots
        row = jax.vmap(lambda old, x, at: old.at[(*before, at)].set(x))
        return row(buffer, new.astype(buffer.dtype), slot)

    return jax.tree.map(put, layer, lay_out(key, value), SLOT_AXES)


def ring_mask(
    position: Int[Array, "batch"], query_length: int, slots: int, window: int
) -> Bool[Array, "batch query_length slots"]:
    """Which slots a query may read after the write: the last `window` positions, its own included.

    After `query_length` tokens from `position` on, the newest position is
    last = position + query_length - 1, and slot s holds position last - (last - s) mod slots.

    Args:
        position: position of each row's first query in its sequence.
        query_length: queries of each row, at consecutive positions.
        slots: slots of the ring.
        window: tokens that a query sees, itself included.

    Returns:
        True where a query may read a slot.

    Raises:
        ValueError: the ring is too small: a query's window is already partly overwritten.
    """
    if slots < window + query_length - 1:
        raise ValueError(
            f"{query_length} queries with a window of {window} read back over "
            f"{window + query_length - 1} tokens; the ring has {slots} slots"
        )
    last = position[:, None] + query_length - 1
    held = last - (last - jnp.arange(slots)[None, :]) % slots  # negative: never written
    query = position[:, None] + jnp.arange(query_length)[None, :]
    age = query[:, :, None] - held[:, None, :]
    return (held[:, None, :] >= 0) & (age >= 0) & (age < window)


# --8<-- [end:ring]
