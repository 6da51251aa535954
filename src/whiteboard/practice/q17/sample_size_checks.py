"""The checks of how many queries a difference needs."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.evaluation.sample_size import queries_needed
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Function = Callable[..., Array]
Z95, Z80 = 1.959964, 0.841621


def _pilot(own: float) -> tuple[Array, Array]:
    """Two systems on 53 queries: what is hard for one is hard for both, but for `own`."""
    draw = np.random.default_rng(0)
    shared, noise = draw.random(53), draw.normal(size=(2, 53))
    first, second = (jnp.asarray(shared + own * row, jnp.float32) for row in noise)
    return first, second


def follows_the_sample_size_formula(needed: Function) -> None:
    """((1.96 + 0.84) * sd of the differences / difference)^2."""
    first, second = (np.asarray(x, np.float64) for x in _pilot(0.2))
    want = ((Z95 + Z80) * np.std(first - second, ddof=1) / 0.05) ** 2
    expect_close(needed(*_pilot(0.2), 0.05), want, "53 queries, difference 0.05", rtol=1e-3)


def what_both_share_costs_nothing(needed: Function) -> None:
    """The same difficulty ten times as large, in both: as many queries as before."""
    first, second = _pilot(0.2)
    hard = 10 * jnp.linspace(-1.0, 1.0, 53)
    before, after = (float(needed(first + x, second + x, 0.05)) for x in (0.0, hard))
    expect(
        abs(after - before) < 0.01 * before,
        f"harder queries for both: from {before:.0f} to {after:.0f}",
    )


def more_power_takes_more_queries(needed: Function) -> None:
    """To find it 95 times of 100 takes more than to find it 80 times."""
    less, more = (float(needed(*_pilot(0.2), 0.05, power=power)) for power in (0.8, 0.95))
    expect(more > 1.3 * less, f"power 0.8: {less:.0f} queries, power 0.95: {more:.0f}")


EXERCISES = (
    Exercise.of(
        queries_needed,
        checks=(
            follows_the_sample_size_formula,
            what_both_share_costs_nothing,
            more_power_takes_more_queries,
        ),
        probe=lambda needed: needed(*_pilot(0.2), 0.05),
    ),
)
