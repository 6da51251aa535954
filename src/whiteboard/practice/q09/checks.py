"""Question 9: query heads that share keys and values, and the pooling that makes them share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.grouped_query_attention import grouped_query_attention
from whiteboard.lm.pool_heads import first_heads, mean_pool_heads
from whiteboard.practice.core import Check, Exercise, Refused, Variant
from whiteboard.practice.expect import expect, expect_close

Attend = Callable[..., Array]
BATCH, TIME, SOURCE, HEAD_DIM = 2, 3, 7, 5


def _inputs(heads: int, kv_heads: int, seed: int = 0) -> list[Array]:
    """Queries, keys and values drawn by NumPy, and a mask in which every query sees a key."""
    draw = np.random.default_rng(seed)
    shapes = [(TIME, heads), (SOURCE, kv_heads), (SOURCE, kv_heads)]
    arrays = [draw.normal(size=(BATCH, *shape, HEAD_DIM)) for shape in shapes]
    mask = draw.random((BATCH, TIME, SOURCE)) < 0.6
    mask[:, :, 0] = True
    return [*(jnp.asarray(x, "float32") for x in arrays), jnp.asarray(mask)]


def _by_definition(query: Array, key: Array, value: Array, mask: Array) -> np.ndarray:
    """One query head at a time in float64; head h reads KV head h // (H / K): the oracle."""
    q, k, v = (np.asarray(x, np.float64) for x in (query, key, value))
    output = np.zeros_like(q)
    for b, t, h in np.ndindex(q.shape[:3]):
        shared = h // (q.shape[2] // k.shape[2])
        scores = k[b, :, shared] @ q[b, t, h] / np.sqrt(q.shape[3])
        weights = np.exp(scores) * np.asarray(mask[b, t])
        output[b, t, h] = weights / weights.sum() @ v[b, :, shared]
    return output


def neighbours_share_a_head(attend: Attend) -> None:
    """Six query heads on two KV heads: the first three read KV head 0, the others KV head 1."""
    inputs = _inputs(6, 2)
    expect_close(attend(*inputs), _by_definition(*inputs), "6 query heads on 2 KV heads")


def its_ends_are_mha_and_mqa(attend: Attend) -> None:
    """As many KV heads as query heads is multi-head attention, and one is multi-query."""
    for kv_heads in (6, 1):
        inputs = _inputs(6, kv_heads, seed=1)
        given = f"6 query heads, KV heads: {kv_heads}"
        expect_close(attend(*inputs), _by_definition(*inputs), given)


def uneven_heads_are_refused(attend: Attend) -> None:
    """Seven query heads on three KV heads raise a ValueError that names both numbers."""
    _expect_error(lambda: attend(*_inputs(7, 3)), "7", "3")


def no_heads_are_repeated_in_memory(attend: Attend) -> None:
    """The compiled program's temporary memory is smaller than one copy of the repeated keys."""
    heads, kv_heads, source, head_dim = 32, 2, 512, 64
    shape = jax.ShapeDtypeStruct
    query = shape((1, 1, heads, head_dim), jnp.float32)
    key = shape((1, source, kv_heads, head_dim), jnp.float32)
    program = jax.jit(attend).lower(query, key, key, shape((1, 1, source), bool)).compile()
    memory: Any = program.memory_analysis()
    copies = memory.temp_size_in_bytes / (4 * heads * source * head_dim)
    expect(copies < 1, f"32 query heads on 2: it holds {copies:.0f} times the repeated keys")


def _expect_error(call: Callable[[], object], *numbers: str) -> None:
    given = f"{numbers[0]} heads to {numbers[1]}"
    try:
        call()
    except ValueError as error:
        expect(all(n in str(error) for n in numbers), f"{given}: the error must name both")
        return
    raise Refused(f"{given}: wanted a ValueError, got an answer")


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
    batch, time, heads, head_dim = query.shape
    if heads % key.shape[2]:
        raise ValueError(f"{heads} query heads cannot share {key.shape[2]} KV heads evenly")
    # [G, K] where [K, G] was meant; the shapes agree, and the output is put back in order.
    mixed = query.reshape(batch, time, -1, key.shape[2], head_dim).swapaxes(2, 3)
    out = grouped_query_attention(mixed.reshape(query.shape), key, value, mask)
    out = out.reshape(batch, time, key.shape[2], -1, head_dim).swapaxes(2, 3)
    return out.reshape(query.shape)


def uneven_heads_accepted(query: Array, key: Array, value: Array, mask: Array) -> Array:
    heads = query.shape[2]
    short = -heads % key.shape[2]
    query = jnp.pad(query, ((0, 0), (0, 0), (0, short), (0, 0)))
    return grouped_query_attention(query, key, value, mask)[:, :, :heads]


def one_head_for_all(query: Array, key: Array, value: Array, mask: Array) -> Array:
    if query.shape[2] % key.shape[2]:
        raise ValueError(f"{query.shape[2]} query heads cannot share {key.shape[2]} evenly")
    return grouped_query_attention(query, key[:, :, :1], value[:, :, :1], mask)


GROUPED = frozenset({"neighbours_share_a_head"})
ENDS = frozenset({"its_ends_are_mha_and_mqa"})
ATTENTION = Exercise(
    question=9,
    right=grouped_query_attention,
    checks=(
        Check(neighbours_share_a_head),
        Check(its_ends_are_mha_and_mqa),
        Check(uneven_heads_are_refused),
        Check(no_heads_are_repeated_in_memory),
    ),
    variants=(
        Variant(
            "tiled_heads",
            "query head h reads KV head h % K: right for MHA and MQA, wrong for a GQA checkpoint",
            tiled_heads,
            GROUPED,
        ),
        Variant(
            "uneven_heads_accepted",
            "the last KV head serves fewer query heads: a wrong config loads without a word",
            uneven_heads_accepted,
            frozenset({"uneven_heads_are_refused"}),
        ),
        Variant(
            "repeated_heads",
            "the answers are right, and every step writes and reads a cache as large as MHA's",
            _spread(lambda x, group: jnp.repeat(x, group, axis=2)),
            frozenset({"no_heads_are_repeated_in_memory"}),
        ),
        Variant(
            "one_head_for_all",
            "every query head reads KV head 0: the other KV heads are stored for nothing",
            one_head_for_all,
            GROUPED | ENDS,
        ),
    ),
    probe=lambda attend: [attend(*_inputs(6, 2, seed)) for seed in (2, 3)],
)

# The second part: pooling the heads of a projection.

Pool = Callable[[Array, int, int], Array]


def _kernel(seed: int = 0) -> Array:
    """A projection of 4 inputs to 6 heads of width 5."""
    return jnp.asarray(np.random.default_rng(seed).normal(size=(4, 6 * HEAD_DIM)), "float32")


def a_pooled_key_is_the_mean_of_its_group(pool: Pool) -> None:
    """Six heads to two: key 0 is the mean of the keys 0 to 2, key 1 of the keys 3 to 5."""
    kernel = np.asarray(_kernel(), np.float64)
    heads = [kernel[:, 5 * h : 5 * h + 5] for h in range(6)]
    want = np.concatenate([sum(heads[:3]) / 3, sum(heads[3:]) / 3], axis=1)
    expect_close(pool(_kernel(), 6, 2), want, "6 heads to 2")


def repeated_heads_come_back(pool: Pool) -> None:
    """Heads that stand three times each are pooled to themselves: such a model stays the same."""
    few = np.asarray(_kernel(1))[:, : 2 * HEAD_DIM]
    many = np.repeat(few.reshape(4, 2, HEAD_DIM), 3, axis=1).reshape(4, -1)
    expect_close(pool(jnp.asarray(many), 6, 2), few, "2 heads to 6 and back")


def uneven_pools_are_refused(pool: Pool) -> None:
    """Six heads pooled to four raise a ValueError that names both numbers."""
    _expect_error(lambda: pool(_kernel(), 6, 4), "6", "4")


def _pool(merge: Callable[[Array, int], Array]) -> Pool:
    """Pooling of `[inputs, heads, head_dim]` by another rule; uneven numbers are refused."""

    def pool(weight: Array, num_heads: int, num_kv_heads: int) -> Array:
        mean_pool_heads(weight, num_heads, num_kv_heads)
        heads = weight.reshape(*weight.shape[:-1], num_heads, -1)
        return merge(heads, num_kv_heads).reshape(*weight.shape[:-1], -1)

    return pool


def uneven_pools_accepted(weight: Array, num_heads: int, num_kv_heads: int) -> Array:
    used = num_heads // num_kv_heads * num_kv_heads
    return mean_pool_heads(weight[..., : HEAD_DIM * used], used, num_kv_heads)


MEAN = frozenset({"a_pooled_key_is_the_mean_of_its_group"})
POOL = Exercise(
    question=9,
    right=mean_pool_heads,
    checks=(
        Check(a_pooled_key_is_the_mean_of_its_group),
        Check(repeated_heads_come_back),
        Check(uneven_pools_are_refused),
    ),
    variants=(
        Variant(
            "every_kth_head_pooled",
            "heads 0, 2, 4 are pooled where 0, 1, 2 will share: queries read another group's keys",
            _pool(lambda heads, k: heads.reshape(len(heads), -1, k, HEAD_DIM).mean(axis=1)),
            MEAN | {"repeated_heads_come_back"},
        ),
        Variant(
            "summed_heads",
            "keys and values are as many times too large as there are heads in a group",
            _pool(lambda heads, k: heads.reshape(len(heads), k, -1, HEAD_DIM).sum(axis=2)),
            MEAN | {"repeated_heads_come_back"},
        ),
        Variant(
            "first_head_kept",
            "the other heads of a group are thrown away, and the loss starts higher",
            first_heads,
            MEAN,
        ),
        Variant(
            "uneven_pools_accepted",
            "the last heads are dropped without a word when the numbers do not divide",
            uneven_pools_accepted,
            frozenset({"uneven_pools_are_refused"}),
        ),
    ),
    probe=lambda pool: [pool(_kernel(seed), 6, 2) for seed in (2, 3)],
)
EXERCISES = (ATTENTION, POOL)
