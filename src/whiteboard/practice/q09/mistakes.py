"""Known wrong ways to share heads, and to pool them."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.grouped_query_attention import grouped_query_attention
from whiteboard.lm.pool_heads import first_heads, mean_pool_heads
from whiteboard.practice.core import Variant
from whiteboard.practice.q09 import checks
from whiteboard.practice.q09.checks import HEAD_DIM, Attend, Pool


def _spread(how: Callable[[Array, int], Array]) -> Attend:
    """Attention over KV heads spread to as many as there are query heads."""

    def attend(query: Array, key: Array, value: Array, mask: Array) -> Array:
        heads, kv_heads = query.shape[2], key.shape[2]
        if heads % kv_heads:
            raise ValueError(f"{heads} query heads cannot share {kv_heads} KV heads evenly")
        key, value = (how(x, heads // kv_heads) for x in (key, value))
        scores = jnp.einsum("BTHN,BSHN->BHTS", query, key) / query.shape[-1] ** 0.5
        weights = jax.nn.softmax(jnp.where(mask[:, None], scores, -jnp.inf))
        return jnp.einsum("BHTS,BSHN->BTHN", weights, value)

    return attend


def tiled_heads(query: Array, key: Array, value: Array, mask: Array) -> Array:
    """query head h reads KV head h % K: right for MHA and MQA, wrong for a GQA checkpoint"""
    batch, time, heads, head_dim = query.shape
    if heads % key.shape[2]:
        raise ValueError(f"{heads} query heads cannot share {key.shape[2]} KV heads evenly")
    # [G, K] where [K, G] was meant; the shapes agree, and the output is put back in order.
    mixed = query.reshape(batch, time, -1, key.shape[2], head_dim).swapaxes(2, 3)
    out = grouped_query_attention(mixed.reshape(query.shape), key, value, mask)
    out = out.reshape(batch, time, key.shape[2], -1, head_dim).swapaxes(2, 3)
    return out.reshape(query.shape)


def uneven_heads_accepted(query: Array, key: Array, value: Array, mask: Array) -> Array:
    """the last KV head serves fewer query heads: a wrong config loads without a word"""
    heads = query.shape[2]
    short = -heads % key.shape[2]
    query = jnp.pad(query, ((0, 0), (0, 0), (0, short), (0, 0)))
    return grouped_query_attention(query, key, value, mask)[:, :, :heads]


def one_head_for_all(query: Array, key: Array, value: Array, mask: Array) -> Array:
    """every query head reads KV head 0: the other KV heads are stored for nothing"""
    if query.shape[2] % key.shape[2]:
        raise ValueError(f"{query.shape[2]} query heads cannot share {key.shape[2]} evenly")
    return grouped_query_attention(query, key[:, :, :1], value[:, :, :1], mask)


def _pool(merge: Callable[[Array, int], Array]) -> Pool:
    """Pooling of `[inputs, heads, head_dim]` by another rule; uneven numbers are refused."""

    def pool(weight: Array, num_heads: int, num_kv_heads: int) -> Array:
        mean_pool_heads(weight, num_heads, num_kv_heads)
        heads = weight.reshape(*weight.shape[:-1], num_heads, -1)
        return merge(heads, num_kv_heads).reshape(*weight.shape[:-1], -1)

    return pool


def uneven_pools_accepted(weight: Array, num_heads: int, num_kv_heads: int) -> Array:
    """the last heads are dropped without a word when the numbers do not divide"""
    used = num_heads // num_kv_heads * num_kv_heads
    return mean_pool_heads(weight[..., : HEAD_DIM * used], used, num_kv_heads)


MISTAKES = (
    # Of `grouped_query_attention`.
    Variant.of(tiled_heads, caught_by=[checks.neighbours_share_a_head]),
    Variant.of(uneven_heads_accepted, caught_by=[checks.uneven_heads_are_refused]),
    Variant.of(
        _spread(lambda x, group: jnp.repeat(x, group, axis=2)),
        "the answers are right, and every step writes and reads a cache as large as MHA's",
        name="repeated_heads",
        caught_by=[checks.no_heads_are_repeated_in_memory],
    ),
    Variant.of(
        one_head_for_all,
        caught_by=[checks.neighbours_share_a_head, checks.its_ends_are_mha_and_mqa],
    ),
    # Of `mean_pool_heads`.
    Variant.of(
        _pool(lambda heads, k: heads.reshape(len(heads), -1, k, HEAD_DIM).mean(axis=1)),
        "heads 0, 2, 4 are pooled where 0, 1, 2 will share: queries read another group's keys",
        name="every_kth_head_pooled",
        caught_by=[checks.a_pooled_key_is_the_mean_of_its_group, checks.repeated_heads_come_back],
    ),
    Variant.of(
        _pool(lambda heads, k: heads.reshape(len(heads), k, -1, HEAD_DIM).sum(axis=2)),
        "keys and values are as many times too large as there are heads in a group",
        name="summed_heads",
        caught_by=[checks.a_pooled_key_is_the_mean_of_its_group, checks.repeated_heads_come_back],
    ),
    Variant.of(
        first_heads,
        "the other heads of a group are thrown away, and the loss starts higher",
        name="first_head_kept",
        caught_by=[checks.a_pooled_key_is_the_mean_of_its_group],
    ),
    Variant.of(uneven_pools_accepted, caught_by=[checks.uneven_pools_are_refused]),
)
