"""MMD against SciPy's distances, its p-value against SciPy's exact test, PSI as two divergences."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from scipy.special import rel_entr
from scipy.stats import permutation_test

from whiteboard.retrieval.drift import (
    mmd2,
    mmd_test,
    p_value,
    population_stability_index,
    rbf_kernel,
    shuffled_windows,
)

RNG = np.random.default_rng(0)


def windows(first: int, second: int, shift: float = 0.0) -> np.ndarray:
    return np.concatenate([RNG.normal(size=(first, 3)) + shift, RNG.normal(size=(second, 3))])


def test_mmd_against_scipys_distances():
    both = windows(11, 7, 0.5)
    width = np.median(pdist(both))

    def kernel(distances):
        return np.exp(-(distances**2) / (2 * width**2)).mean()

    a, b = both[:11], both[11:]
    want = kernel(pdist(a)) + kernel(pdist(b)) - 2 * kernel(cdist(a, b))
    got = mmd2(rbf_kernel(jnp.asarray(both)), jnp.arange(18) < 11)
    assert got == pytest.approx(want, abs=1e-6)


def test_two_points_a_window_by_hand():
    """Within each window k is 1, across it is 0: 1 + 1 - 0."""
    kernel = jnp.array([[1.0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]])
    assert mmd2(kernel, jnp.array([True, True, False, False])) == 2


def test_p_value_against_scipys_exact_one():
    """With 2,000 shuffles of 4 + 5 texts it lies within 0.03 of that over all 126 ways."""
    both = windows(4, 5, 0.8)
    kernel = rbf_kernel(jnp.asarray(both))

    def statistic(a, b):
        first = np.isin(np.arange(9), a.astype(int))
        return float(mmd2(kernel, jnp.asarray(first)))

    exact = permutation_test(
        (np.arange(4), np.arange(4, 9)), statistic, alternative="greater", n_resamples=np.inf
    )
    observed, p = mmd_test(kernel, shuffled_windows(4, 5, 2000, seed=0))
    assert observed == pytest.approx(exact.statistic, abs=1e-6)
    assert p == pytest.approx(exact.pvalue, abs=0.03)


def test_shuffles_deal_the_windows_sizes():
    dealt = shuffled_windows(5, 7, 13, seed=0)
    assert dealt.shape == (13, 12)
    assert (dealt.sum(1) == 5).all()
    assert len(np.unique(dealt, axis=0)) > 9


def test_p_is_never_0():
    assert p_value(jnp.array(9.0), jnp.zeros(19)) == pytest.approx(0.05)


def test_psi_against_scipys_divergences():
    reference, current = RNG.integers(0, 40, (2, 3, 7))
    got = population_stability_index(jnp.asarray(reference), jnp.asarray(current))
    for row, (r, c) in enumerate(zip(reference, current)):
        p, q = ((x + 0.5) / (x + 0.5).sum() for x in (r, c))
        want = rel_entr(p, q).sum() + rel_entr(q, p).sum()
        assert got[row] == pytest.approx(want, abs=1e-5)


def test_psi_without_drift_is_not_0():
    """(bins - 1)(1/n + 1/m), to a tenth of it, over 500 pairs of windows."""
    counts = RNG.multinomial(300, np.full(10, 0.1), size=(2, 500))
    got = population_stability_index(jnp.asarray(counts[0]), jnp.asarray(counts[1]))
    assert got.mean() == pytest.approx(9 * 2 / 300, rel=0.1)
