"""The checks of agreement beyond chance."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.evaluation.agreement import cohen_kappa
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Function = Callable[..., Array]
FIRST = jnp.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 0, 1])
SECOND = jnp.array([0, 0, 1, 1, 1, 2, 2, 0, 2, 0, 2])


def follows_the_kappa_formula(kappa: Function) -> None:
    """(observed - expected) / (1 - expected) for three labels, in float64."""
    a, b = np.asarray(FIRST), np.asarray(SECOND)
    observed = (a == b).mean()
    expected = sum((a == label).mean() * (b == label).mean() for label in range(3))
    want = np.float64((observed - expected) / (1 - expected))
    expect_close(kappa(FIRST, SECOND, 3), want, "8 of 11 agree, 3 labels")


def luck_gives_0(kappa: Function) -> None:
    """Two judges that say yes 9 times of 10, each for its own reasons."""
    pairs = [(a, b) for a in range(10) for b in range(10)]
    first, second = (jnp.array([int(pair[side] > 0) for pair in pairs]) for side in (0, 1))
    got = float(kappa(first, second, 2))
    expect(abs(got) < 1e-5, f"independent, yes 9 times of 10: wanted 0, got {got:.2f}")


EXERCISES = (
    Exercise.of(
        cohen_kappa,
        checks=(follows_the_kappa_formula, luck_gives_0),
        probe=lambda kappa: kappa(FIRST, SECOND, 3),
    ),
)
