"""The checks of a drift monitor's statistics."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.drift import mmd2, p_value, population_stability_index

Function = Callable[..., Array]
FIRST = jnp.arange(12) < 5
REFERENCE, CURRENT = jnp.array([17, 5, 31, 0, 2]), jnp.array([11, 19, 7, 3, 0])


def _kernel(seed: int, shift: float = 0.0) -> Array:
    vectors = np.random.default_rng(seed).normal(size=(12, 3))
    vectors[:5] += shift
    squared = ((vectors[:, None] - vectors[None]) ** 2).sum(-1)
    return jnp.asarray(np.exp(-squared / 4), jnp.float32)


def follows_the_mmd_formula(mmd: Function) -> None:
    """The means over pairs within, minus twice the mean over pairs across, in float64."""
    k = np.asarray(_kernel(0, 1.0), np.float64)
    a, b = (k[s, s][~np.eye(n, dtype=bool)] for s, n in ((slice(0, 5), 5), (slice(5, 12), 7)))
    want = a.mean() + b.mean() - 2 * k[:5, 5:].mean()
    expect_close(mmd(_kernel(0, 1.0), FIRST), want, "windows of 5 and 7 texts")


def alike_windows_give_0_on_average(mmd: Function) -> None:
    """Over 200 pairs of windows of one population the mean is 0, within 0.03."""
    mean = np.mean([float(mmd(_kernel(seed), FIRST)) for seed in range(200)])
    expect(abs(mean) < 0.03, f"200 pairs of windows of one population: the mean is {mean:.3f}")


def follows_the_p_value_formula(p: Function) -> None:
    """(1 + how many of the shuffles reach it) / (1 + shuffles)."""
    shuffled = jnp.array([0.1, 0.4, 0.2, 0.4, 0.3, 0.9, 0.0])
    expect_close(p(jnp.array(0.4), shuffled), np.array(0.5), "3 of 7 shuffles reach 0.4")


def no_more_alarms_than_promised(p: Function) -> None:
    """Of all equally likely labellings, at most a share alpha has p <= alpha; ties are common."""
    for values in ([0.0, 1.0, 1.0, 2.0, 2.0], [0.0, 1.0, 1.0, 2.0]):
        others = [jnp.array(values[:i] + values[i + 1 :]) for i in range(len(values))]
        found = [float(p(jnp.array(v), o)) for v, o in zip(values, others)]
        for alpha in (0.1, 0.2, 0.4):
            alarms = sum(value <= alpha + 1e-6 for value in found)
            message = f"statistics {values}: p <= {alpha} for {alarms} of {len(found)}"
            expect(alarms <= alpha * len(found) + 1e-6, message)


def follows_the_psi_formula(psi: Function) -> None:
    """The sum of (p - q) ln(p / q), with half a text added to each bin, in float64."""
    p, q = (np.asarray(c, np.float64) + 0.5 for c in (REFERENCE, CURRENT))
    p, q = p / p.sum(), q / q.sum()
    want = ((p - q) * np.log(p / q)).sum()
    expect_close(psi(REFERENCE, CURRENT), want, "55 texts and 40 in five bins")


def traffic_changes_nothing(psi: Function) -> None:
    """Windows a hundred times as large, of the same shares, have nearly the same index."""
    few, many = (float(psi(n * 20 * REFERENCE[:3], n * 20 * CURRENT[:3])) for n in (1, 100))
    expect(abs(many - few) < 0.01, f"windows times 100: {few:.2f} becomes {many:.2f}")


def a_new_topic_counts(psi: Function) -> None:
    """A tenth of the queries in a bin that was empty gives more than 0.2."""
    got = float(psi(jnp.array([50, 50, 0]), jnp.array([45, 45, 10])))
    expect(got > 0.2, f"50, 50, 0 queries become 45, 45, 10: the index is {got:.3f}")


EXERCISES = (
    Exercise.of(
        mmd2,
        checks=(follows_the_mmd_formula, alike_windows_give_0_on_average),
        probe=lambda mmd: mmd(_kernel(0, 1.0), FIRST),
    ),
    Exercise.of(
        p_value,
        checks=(follows_the_p_value_formula, no_more_alarms_than_promised),
        probe=lambda p: p(jnp.array(0.4), jnp.array([0.1, 0.4, 0.9])),
    ),
    Exercise.of(
        population_stability_index,
        checks=(follows_the_psi_formula, traffic_changes_nothing, a_new_topic_counts),
        probe=lambda psi: psi(REFERENCE, CURRENT),
    ),
)
