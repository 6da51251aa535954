"""Question 7: the baseline of a group of answers, and how GRPO is got wrong."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.grpo import group_advantages
from whiteboard.practice.core import Check, Exercise, Variant
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


def one_baseline_for_the_batch(scores: Array, *, group_size: int, scale: bool = True) -> Array:
    centred = scores - scores.mean()
    return centred / (scores.std(ddof=1) + 1e-4) if scale else centred


def never_scaled(scores: Array, *, group_size: int, scale: bool = True) -> Array:
    return group_advantages(scores, group_size=group_size, scale=False)


EXERCISES = (
    Exercise(
        question=7,
        right=group_advantages,
        checks=(
            Check(each_prompt_has_its_own_baseline),
            Check(equal_scores_teach_nothing),
            Check(each_group_has_one_spread),
        ),
        variants=(
            Variant(
                "one_baseline_for_the_batch",
                "answers to easy prompts are rewarded for their prompt",
                one_baseline_for_the_batch,
                frozenset(
                    {
                        "each_prompt_has_its_own_baseline",
                        "equal_scores_teach_nothing",
                        "each_group_has_one_spread",
                    }
                ),
            ),
            Variant(
                "never_scaled",
                "Dr. GRPO's choice, not GRPO's: prompts with a wide spread set the step",
                never_scaled,
                frozenset({"each_group_has_one_spread"}),
            ),
        ),
        probe=lambda f: [f(jnp.asarray(x), group_size=4) for x in SCORES],
    ),
)
