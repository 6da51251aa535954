"""The checks of query heads that share keys and values, and of pooling heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.grouped_query_attention import grouped_query_attention
from whiteboard.lm.pool_heads import mean_pool_heads
from whiteboard.practice.core import Exercise, Refused
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


EXERCISES = (
    Exercise.of(
        grouped_query_attention,
        checks=(
            neighbours_share_a_head,
            its_ends_are_mha_and_mqa,
            uneven_heads_are_refused,
            no_heads_are_repeated_in_memory,
        ),
        probe=lambda attend: [attend(*_inputs(6, 2, seed)) for seed in (2, 3)],
    ),
    Exercise.of(
        mean_pool_heads,
        checks=(
            a_pooled_key_is_the_mean_of_its_group,
            repeated_heads_come_back,
            uneven_pools_are_refused,
        ),
        probe=lambda pool: [pool(_kernel(seed), 6, 2) for seed in (2, 3)],
    ),
)
