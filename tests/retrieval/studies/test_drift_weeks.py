"""The simulated traffic: shares, windows, and alarms where they must and must not be."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chi2_contingency

from whiteboard.retrieval.drift import mmd_test, rbf_kernel, shuffled_windows
from whiteboard.retrieval.studies.drift_weeks import (
    BINS,
    corpus_clusters,
    mmd_tests,
    psi_test,
    python_traffic,
    windows,
)

RNG = np.random.default_rng(0)


def test_a_weeks_share_of_paraphrases():
    traffic = python_traffic()
    chances = traffic.chances(0.3)
    assert chances.sum() == pytest.approx(1)
    assert chances[traffic.paraphrase].sum() == pytest.approx(0.3)
    rows = traffic.week(0.3, 5000, np.random.default_rng(0))
    assert traffic.paraphrase[rows].mean() == pytest.approx(0.3, abs=0.02)
    assert len(set(rows.tolist())) == len(traffic.vectors) == 82


def test_windows_start_with_their_reference():
    traffic = python_traffic()
    rows = windows(traffic, [0.0, 0.0, 1.0], size=13, seed=0)
    assert rows.shape == (3, 26)
    assert not traffic.paraphrase[rows[:, :13]].any()
    assert traffic.paraphrase[rows[2, 13:]].all()


def test_clusters_find_what_is_apart():
    centres = np.eye(3) * 9
    labels = np.repeat(np.arange(3), 7)
    found = corpus_clusters(jnp.asarray(centres[labels] + RNG.normal(size=(21, 3))), 3)
    assert len({(a, b) for a, b in zip(labels, found)}) == 3


def test_every_week_is_tested_as_alone():
    vectors = jnp.asarray(RNG.normal(size=(3, 12, 5)), jnp.float32)
    shuffles = shuffled_windows(7, 5, 19, seed=0)
    got = mmd_tests(vectors, shuffles)
    for week in range(3):
        statistic, p = mmd_test(rbf_kernel(vectors[week]), shuffles)
        assert got[0][week] == pytest.approx(float(statistic), abs=1e-6)
        assert got[1][week] == pytest.approx(float(p))


def test_psi_finds_what_pearsons_test_finds():
    """Both tests of the same counts agree on what is clear, one way and the other."""
    same, other = RNG.integers(0, 5, 100), RNG.integers(3, 8, 100)
    rows = np.stack([np.concatenate([same, RNG.permutation(same)]), np.concatenate([same, other])])
    _, p = psi_test(rows, shuffled_windows(100, 100, 199, seed=0), 8)
    assert p[0] > 0.9
    assert p[1] == pytest.approx(1 / 200)
    table = np.stack([np.bincount(x, minlength=8) for x in (same, other)])
    assert chi2_contingency(table).pvalue < 0.005


def test_false_alarms_at_most_as_promised():
    """200 weeks without drift at 5%: at most 9%, which chance exceeds once in 200 such tests."""
    traffic = python_traffic()
    rows = windows(traffic, [0.3] * 200, size=50, seed=2)
    shuffles = shuffled_windows(50, 50, 99, seed=0)
    for alarms in (
        mmd_tests(traffic.vectors[rows], shuffles)[1] <= 0.05,
        psi_test(traffic.bins[rows], shuffles, BINS)[1] <= 0.05,
    ):
        assert alarms.mean() <= 0.09
