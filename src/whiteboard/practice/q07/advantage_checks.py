"""The checks of advantages by GAE, and of their whitening."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.advantages import generalized_advantages, whiten
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect_close

LENGTHS, TIME = (5, 3, 1, 4), 5
MASK = np.arange(TIME) < np.array(LENGTHS)[:, None]


def draw(seed: int, count: int) -> list[Array]:
    """Arrays of [4, 5], the same for every version, with large numbers off the mask."""
    drawn = np.random.default_rng(seed).normal(size=(count, *MASK.shape))
    return [jnp.asarray(np.where(MASK, x, 50.0), "float32") for x in drawn]


def they_are_sums_of_errors(advantages: Any) -> None:
    """A_t is the sum of (gamma lambda)^k delta_{t+k} to the answer's end, in float64."""
    rewards, values = draw(1, 2)
    got = advantages(rewards, values, jnp.asarray(MASK), gamma=0.9, gae_lambda=0.8)
    want = np.zeros(MASK.shape)
    r, v = (np.asarray(x, np.float64) for x in (rewards, values))
    for row, length in enumerate(LENGTHS):
        for t in range(length):
            for s in range(t, length):
                following = v[row, s + 1] if s + 1 < length else 0.0
                want[row, t] += 0.72 ** (s - t) * (r[row, s] + 0.9 * following - v[row, s])
    expect_close(np.where(MASK, np.asarray(got), 0), want, "gamma 0.9, lambda 0.8")


def at_lambda_one_values_cancel(advantages: Any) -> None:
    """With gamma and lambda 1, A + V is the sum of the rewards to come, whatever the values."""
    rewards, values = draw(1, 2)
    got = advantages(rewards, values, jnp.asarray(MASK), gamma=1.0, gae_lambda=1.0) + values
    to_come = np.where(MASK, np.asarray(rewards), 0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    expect_close(np.where(MASK, np.asarray(got), 0), np.where(MASK, to_come, 0), "lambda 1")


def counted_tokens_are_white(whitened: Any) -> None:
    """Over the mask the mean is 0 and the variance 1; numbers off the mask change nothing."""
    (advantages,) = draw(2, 1)
    got = np.asarray(whitened(advantages, jnp.asarray(MASK)))[MASK]
    expect_close(np.array([got.mean(), got.std()]), [0, 1], "50 at the padding, mean and std",
                 atol=1e-3)  # fmt: skip


EXERCISES = (
    Exercise.of(
        generalized_advantages,
        checks=(they_are_sums_of_errors, at_lambda_one_values_cancel),
        probe=lambda f: [f(*draw(s, 2), jnp.asarray(MASK), gamma=0.8) for s in (4, 5)],
    ),
    Exercise.of(
        whiten,
        checks=(counted_tokens_are_white,),
        probe=lambda f: [f(*draw(seed, 1), jnp.asarray(MASK)) for seed in (4, 5)],
    ),
)
