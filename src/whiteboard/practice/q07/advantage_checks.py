"""Question 7: advantages by GAE and their whitening, and how both are got wrong."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.advantages import generalized_advantages, whiten
from whiteboard.practice.core import Check, Exercise, Variant
from whiteboard.practice.expect import expect_close

LENGTHS, TIME = (5, 3, 1, 4), 5
MASK = np.arange(TIME) < np.array(LENGTHS)[:, None]


def _draw(seed: int, count: int) -> list[Array]:
    """Arrays of [4, 5], the same for every version, with large numbers off the mask."""
    drawn = np.random.default_rng(seed).normal(size=(count, *MASK.shape))
    return [jnp.asarray(np.where(MASK, x, 50.0), "float32") for x in drawn]


def they_are_sums_of_errors(advantages: Any) -> None:
    """A_t is the sum of (gamma lambda)^k delta_{t+k} to the answer's end, in float64."""
    rewards, values = _draw(1, 2)
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
    rewards, values = _draw(1, 2)
    got = advantages(rewards, values, jnp.asarray(MASK), gamma=1.0, gae_lambda=1.0) + values
    to_come = np.where(MASK, np.asarray(rewards), 0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    expect_close(np.where(MASK, np.asarray(got), 0), np.where(MASK, to_come, 0), "lambda 1")


def bootstraps_from_padding(
    rewards: Array, values: Array, mask: Array, *, gamma: float = 1.0, gae_lambda: float = 0.95
) -> Array:
    deltas = rewards + gamma * jnp.roll(values, -1, axis=1) - values
    total, out = jnp.zeros(len(rewards)), []
    for t in reversed(range(rewards.shape[1])):
        total = jnp.where(mask[:, t], deltas[:, t] + gamma * gae_lambda * total, 0)
        out.append(total)
    return jnp.stack(out[::-1], axis=1)


def lambda_without_gamma(
    rewards: Array, values: Array, mask: Array, *, gamma: float = 1.0, gae_lambda: float = 0.95
) -> Array:
    following = jnp.pad(jnp.where(mask, values, 0)[:, 1:], ((0, 0), (0, 1)))
    errors = jnp.where(mask, rewards + gamma * following - values, 0)
    return generalized_advantages(errors, 0 * values, mask, gamma=1.0, gae_lambda=gae_lambda)


def counted_tokens_are_white(whitened: Any) -> None:
    """Over the mask the mean is 0 and the variance 1; numbers off the mask change nothing."""
    (advantages,) = _draw(2, 1)
    got = np.asarray(whitened(advantages, jnp.asarray(MASK)))[MASK]
    expect_close(np.array([got.mean(), got.std()]), [0, 1], "50 at the padding, mean and std",
                 atol=1e-3)  # fmt: skip


def whitened_before_masking(advantages: Array, mask: Array) -> Array:
    scaled = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return jnp.where(mask, scaled, 0)


def whitened_with_zeros(advantages: Array, mask: Array) -> Array:
    return whitened_before_masking(jnp.where(mask, advantages, 0), mask)


EXERCISES = (
    Exercise(
        question=7,
        right=generalized_advantages,
        checks=(Check(they_are_sums_of_errors), Check(at_lambda_one_values_cancel)),
        variants=(
            Variant(
                "bootstraps_from_padding",
                "the last token is compared with a value of padding: noise where the score is",
                bootstraps_from_padding,
                frozenset({"they_are_sums_of_errors", "at_lambda_one_values_cancel"}),
            ),
            Variant(
                "lambda_without_gamma",
                "nothing at gamma 1; with a discount, late errors count too much",
                lambda_without_gamma,
                frozenset({"they_are_sums_of_errors"}),
            ),
        ),
        probe=lambda f: [f(*_draw(s, 2), jnp.asarray(MASK), gamma=0.8) for s in (4, 5)],
    ),
    Exercise(
        question=7,
        right=whiten,
        checks=(Check(counted_tokens_are_white),),
        variants=(
            Variant(
                "whitened_before_masking",
                "padding moves the mean: all real tokens look bad, or good, by its share",
                whitened_before_masking,
                frozenset({"counted_tokens_are_white"}),
            ),
            Variant(
                "whitened_with_zeros",
                "advantages shrink and shift as batches hold more padding",
                whitened_with_zeros,
                frozenset({"counted_tokens_are_white"}),
            ),
        ),
        probe=lambda f: [f(*_draw(seed, 1), jnp.asarray(MASK)) for seed in (4, 5)],
    ),
)
