"""Intervals against scipy, by their coverage and by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import bootstrap

from whiteboard.evaluation.intervals import bootstrap_interval, paired_difference, wilson_interval

RNG = np.random.default_rng(0)


def test_the_paired_interval_is_scipys():
    """The same percentile bootstrap, drawn by other random numbers."""
    ahead, behind = RNG.random(47), RNG.random(47) - 0.1
    ours = paired_difference(jnp.asarray(ahead), jnp.asarray(behind))
    theirs = bootstrap(
        (ahead - behind,), np.mean, method="percentile", n_resamples=10_000, rng=RNG
    ).confidence_interval
    np.testing.assert_allclose((ours.low, ours.high), theirs, atol=0.01)
    np.testing.assert_allclose(ours.difference, (ahead - behind).mean(), atol=1e-6)


def test_a_difference_says_when_it_shows_nothing():
    same, other = jnp.array([1.0, 0, 1, 0]), jnp.array([0.0, 1, 1, 0])
    assert str(paired_difference(same, other)).endswith("] within its interval")
    assert str(paired_difference(same, same)) == "+0.000 [+0.00, +0.00] within its interval"
    clear = paired_difference(jnp.ones(9), jnp.zeros(9))
    assert str(clear) == "+1.000 [+1.00, +1.00]"
    assert not clear.within
    with pytest.raises(ValueError, match="the same queries in the same order"):
        paired_difference(same, other[:3])


def test_the_interval_covers_the_mean_as_often_as_it_says():
    covered = 0
    for seed in range(200):
        sample = np.random.default_rng(seed).random(40) < 0.6
        low, high = bootstrap_interval(jnp.asarray(sample, jnp.float32), draws=500, seed=seed)
        covered += low <= 0.6 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_the_interval_is_narrow_when_pairs_agree():
    assert bootstrap_interval(jnp.full(30, 0.25), draws=100) == (0.25, 0.25)


def test_wilson_by_hand():
    """40 of 40: the lower end is n / (n + z^2), with z of 1.96."""
    low, high = wilson_interval(jnp.ones(40))
    assert (round(low, 4), round(high, 6)) == (round(40 / (40 + 1.959964**2), 4), 1)
    low, high = wilson_interval(jnp.array([1.0, 0] * 10))
    assert low + high == 1.0
    assert 0.29 < low < 0.31
