"""Grouped-query attention: H query heads share K key and value heads, which are never repeated."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from whiteboard.architecture.kv_cache import LayerCache, lay_out


def grouped_query_attention(
    query: Float[Array, "batch time num_heads head_dim"],
    key: Float[Array, "batch source num_kv_heads head_dim"],
    value: Float[Array, "batch source num_kv_heads head_dim"],
    mask: Bool[Array, "batch time source"],
) -> Float[Array, "batch time num_heads head_dim"]:
    """softmax(Q K^T / sqrt(head_dim)) V, where query head h reads KV head h // (H / K).

    Args:
        query: H heads.
        key: K heads; K divides H. K = H is multi-head attention, K = 1 multi-query attention.
        value: as `key`.
        mask: True where a query may read; every query must see a key.

    Returns:
        The weighted sum of the values for each query head.

    Source: Ainslie et al., arXiv 2305.13245.
    """
    return cached_attention(query, lay_out(key, value), mask)


# --8<-- [start:attention]
def cached_attention(
    query: Float[Array, "batch time num_heads head_dim"],
    cache: LayerCache,
    mask: Bool[Array, "batch time slots"],
) -> Float[Array, "batch time num_heads head_dim"]:
    """Grouped-query attention over the slots of one layer's cache.

    Args:
        query: H heads; K, the cache's KV heads, divides H.
        cache: keys and values of one layer, the queries' own included.
        mask: True where a query may read a slot; every query must see one.

    Returns:
        The weighted sum of the cached values for each query head.
    """
    batch, time, num_heads, head_dim = query.shape
    num_kv_heads = cache.value.shape[1]
    if time == 1 and num_kv_heads == num_heads:
        # XLA's CPU code for the sums below takes 100 times as long for groups of one head.
        return cached_attention(jnp.repeat(query, 2, axis=2), cache, mask)[:, :, ::2]
    weights = attention_weights(query, cache.key, mask).astype(query.dtype)
    rows = weights.reshape(batch, num_kv_heads, -1, cache.slots)
    if time == 1:
        out = (rows[..., None] * cache.value[:, :, None]).sum(axis=3)
    else:
        out = jnp.einsum("BKRS,BKSN->BKRN", rows, cache.value)
    return out.reshape(batch, num_heads, time, head_dim).swapaxes(1, 2)


def attention_weights(
    query: Float[Array, "batch time num_heads head_dim"],
    key: Float[Array, "batch num_kv_heads head_dim slots"],
    mask: Bool[Array, "batch time slots"],
) -> Float[Array, "batch num_heads time slots"]:
    """softmax(Q K^T / sqrt(head_dim)) of every query head, in float32; rows add up to 1.

    Args:
        query: H heads; K divides H.
        key: cached keys of K heads.
        mask: True where a query may read a slot; every query must see one.

    Returns:
        Weights over the slots, 0 where the mask is False.

    Raises:
        ValueError: K does not divide H.
    """
    batch, time, num_heads, head_dim = query.shape
    num_kv_heads, slots = key.shape[1], key.shape[3]
    if num_heads % num_kv_heads:
        raise ValueError(f"{num_heads} query heads cannot share {num_kv_heads} KV heads evenly")
    # All queries of the heads that share a KV head are the rows of one matrix.
    rows = query.swapaxes(1, 2).reshape(batch, num_kv_heads, -1, head_dim) / math.sqrt(head_dim)
    if time == 1:
        # Multiply and sum reads the cache as it lies; a matrix product would copy it first.
        scores = (rows[..., None] * key[:, :, None]).sum(axis=3)
    else:
        scores = jnp.einsum("BKRN,BKNS->BKRS", rows, key)
    scores = scores.reshape(batch, num_heads, time, slots).astype(jnp.float32)
    return jax.nn.softmax(jnp.where(mask[:, None], scores, -jnp.inf), axis=-1)


# --8<-- [end:attention]
