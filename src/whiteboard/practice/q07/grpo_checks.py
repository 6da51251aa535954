"""The checks of the baseline of a group of answers."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.grpo import group_advantages
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect_close

SCORES = np.random.default_rng(7).normal(size=(2, 12))


def each_prompt_has_its_own_baseline(advantages: Any) -> None:
    """The advantages of every group add up to zero."""
    scores = jnp.asarray([0.0, 1, 0, 1, 7, 9, 7, 9])
    got = advantages(scores, group_size=4).reshape(2, 4)
    expect_close(got.sum(axis=1), [0, 0], "an easy and a hard prompt, sums", atol=1e-3)


def equal_scores_teach_nothing(advantages: Any) -> None:
    """A group in which all answers have one score has advantages 0."""
    got = advantages(jnp.asarray([1.0, 1, 1, 1, 0, 1, 0, 0]), group_size=4)
    expect_close(got[:4], np.zeros(4), "all four answers right")


def each_group_has_one_spread(advantages: Any) -> None:
    """Scores ten times as far apart have the same advantages."""
    scores = jnp.asarray([0.0, 1, 0, 1, 0, 10, 0, 10])
    got = advantages(scores, group_size=4).reshape(2, 4)
    expect_close(got[1], got[0], "scores 0, 1 and 0, 10", atol=1e-2)


EXERCISES = (
    Exercise.of(
        group_advantages,
        checks=(
            each_prompt_has_its_own_baseline,
            equal_scores_teach_nothing,
            each_group_has_one_spread,
        ),
        probe=lambda f: [f(jnp.asarray(x), group_size=4) for x in SCORES],
    ),
)
