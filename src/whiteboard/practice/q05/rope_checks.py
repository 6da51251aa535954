"""Question 5: attention with rotary positions, and the ways it is got wrong."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.rope import (
    rotary_attention,
    rotary_frequencies,
    rotary_tables,
    rotate,
    rotate_interleaved,
    tables_of,
)
from whiteboard.practice.core import Check, Exercise, Variant
from whiteboard.practice.expect import expect, expect_close

Attend = Callable[..., Array]
BATCH, TIME, HEADS, HEAD_DIM = 2, 5, 3, 14


def _inputs(seed: int = 0) -> list[Array]:
    """Queries, keys and values drawn by NumPy, and positions that do not start at 0."""
    draw = np.random.default_rng(seed).normal(size=(3, BATCH, TIME, HEADS, HEAD_DIM))
    position = np.array([[0, 1, 2, 3, 4], [7, 8, 9, 10, 11]])
    return [*(jnp.asarray(part, "float32") for part in draw), jnp.asarray(position)]


def _by_definition(inputs: list[Array], theta: float) -> np.ndarray:
    """One query at a time in float64; pairs are complex numbers: the oracle."""
    q, k, v, position = (np.asarray(x, np.float64) for x in inputs)
    half = HEAD_DIM // 2
    angle = position[:, :, None, None] * theta ** (-2 * np.arange(half) / HEAD_DIM)
    q, k = ((x[..., :half] + 1j * x[..., half:]) * np.exp(1j * angle) for x in (q, k))
    output = np.zeros(v.shape)
    for b, t, h in np.ndindex(v.shape[:3]):
        scores = (k[b, : t + 1, h].conj() @ q[b, t, h]).real / np.sqrt(HEAD_DIM)
        weights = np.exp(scores)
        output[b, t, h] = weights / weights.sum() @ v[b, : t + 1, h]
    return output


def turns_half_split_pairs(attend: Attend) -> None:
    """Pair i is (x[i], x[i + N / 2]), turned by position * theta^(-2 i / N)."""
    want = _by_definition(_inputs(), 100.0)
    expect_close(attend(*_inputs(), 100.0), want, "heads of 14, theta 100")


def each_theta_turns_its_own_way(attend: Attend) -> None:
    """A second call with another theta uses that one."""
    for theta in (100.0, 10_000.0):
        want = _by_definition(_inputs(1), theta)
        expect_close(attend(*_inputs(1), theta), want, f"theta {theta:,.0f} after 100")


def distance_alone_counts(attend: Attend) -> None:
    """All positions moved by 50: every output stays."""
    query, key, value, position = _inputs()
    before = attend(query, key, value, position, 100.0)
    after = attend(query, key, value, position + 50, 100.0)
    expect_close(after, before, "all positions moved by 50", atol=1e-3)


def order_counts(attend: Attend) -> None:
    """The last query's answer changes when the tokens before it change places."""
    query, key, value, position = _inputs()
    order = jnp.array([2, 0, 3, 1, 4])
    before = attend(query, key, value, position, 100.0)[:, -1]
    after = attend(query, key[:, order], value[:, order], position, 100.0)[:, -1]
    expect(jnp.abs(before - after).max() > 0.01, "earlier tokens in another order: the same answer")


# The mistakes, each in the right function's place.


def _attention(query: Array, key: Array, value: Array) -> Array:
    return dot_product_attention(query, key, value, mask=causal_mask(query.shape[1]))


def theta_ignored(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
    return rotary_attention(query, key, value, position, 10_000.0)


def _theta_cached() -> Attend:
    frequencies: dict[int, Array] = {}

    def attend(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
        head_dim = query.shape[-1]
        kept = frequencies.setdefault(head_dim, rotary_frequencies(head_dim, theta))
        tables = tables_of(position, kept)
        return _attention(rotate(query, tables), rotate(key, tables), value)

    return attend


def pairing_mixed_up(
    query: Array, key: Array, value: Array, position: Array, theta: float
) -> Array:
    tables = rotary_tables(position, query.shape[-1], theta)
    return _attention(rotate_interleaved(query, tables), rotate_interleaved(key, tables), value)


def values_rotated(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
    tables = rotary_tables(position, query.shape[-1], theta)
    return _attention(*(rotate(x, tables) for x in (query, key, value)))


def keys_not_rotated(
    query: Array, key: Array, value: Array, position: Array, theta: float
) -> Array:
    return _attention(rotate(query, rotary_tables(position, query.shape[-1], theta)), key, value)


def no_positions(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
    return _attention(query, key, value)


PAIRS, THETA = "turns_half_split_pairs", "each_theta_turns_its_own_way"
DEFINITION = frozenset({PAIRS, THETA})
EXERCISES = (
    Exercise(
        question=5,
        right=rotary_attention,
        checks=(
            Check(turns_half_split_pairs),
            Check(each_theta_turns_its_own_way),
            Check(distance_alone_counts),
            Check(order_counts),
        ),
        variants=(
            Variant(
                "theta_ignored",
                "a checkpoint with another base loads, and its far tokens stand in the wrong place",
                theta_ignored,
                DEFINITION,
            ),
            Variant(
                "theta_cached",
                "the first model is right; the second one turns with the first one's base",
                _theta_cached(),
                frozenset({THETA}),
            ),
            Variant(
                "pairing_mixed_up",
                "neighbours are paired on half-split weights: nothing crashes, the text is noise",
                pairing_mixed_up,
                DEFINITION,
            ),
            Variant(
                "values_rotated",
                "outputs depend on absolute positions: the same text further on reads differently",
                values_rotated,
                DEFINITION | {"distance_alone_counts"},
            ),
            Variant(
                "keys_not_rotated",
                "scores depend on the query's position alone, as when cached keys miss their turn",
                keys_not_rotated,
                DEFINITION | {"distance_alone_counts", "order_counts"},
            ),
            Variant(
                "no_positions",
                "every order of the tokens before a query gives the same answer",
                no_positions,
                DEFINITION | {"order_counts"},
            ),
        ),
        probe=lambda attend: [
            attend(*_inputs(seed), theta) for seed, theta in ((2, 100.0), (3, 1e4))
        ],
    ),
)
