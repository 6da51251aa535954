"""The checks of the estimate of the KL that GRPO adds to its loss."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.kl_estimators import k3
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close


def _draw(seed: int) -> Array:
    """Log-probabilities of twenty tokens under two models."""
    return -jnp.asarray(np.random.default_rng(seed).exponential(size=(2, 20)), "float32")


def its_mean_is_the_divergence(estimate: Any) -> None:
    """Over samples of p the mean of the estimate is KL(p || q)."""
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])
    got = estimate(jnp.log(jnp.asarray(p)), jnp.log(jnp.asarray(q)))
    want = (p * np.log(p / q)).sum()
    expect_close((jnp.asarray(p) * got).sum(), want, "p (.7, .2, .1), q (.2, .3, .5)")


def it_is_never_negative(estimate: Any) -> None:
    """A divergence is not below zero, and neither is any sample of this estimate."""
    got = estimate(*_draw(3)).min()
    expect(got >= 0, f"20 drawn pairs of log-probabilities: the least is {got:.3g}")


EXERCISES = (
    Exercise.of(
        k3,
        checks=(its_mean_is_the_divergence, it_is_never_negative),
        probe=lambda f: [f(*_draw(seed)) for seed in (4, 5)],
    ),
)
