"""The checks of attention with rotary positions."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.rope import rotary_attention
from whiteboard.practice.core import Exercise
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


EXERCISES = (
    Exercise.of(
        rotary_attention,
        checks=(
            turns_half_split_pairs,
            each_theta_turns_its_own_way,
            distance_alone_counts,
            order_counts,
        ),
        probe=lambda attend: [
            attend(*_inputs(seed), theta) for seed, theta in ((2, 100.0), (3, 1e4))
        ],
    ),
)
