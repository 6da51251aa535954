"""Measures against pytrec_eval; intervals by their coverage and by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
import pytrec_eval
from scipy.stats import bootstrap

from whiteboard.retrieval.measure import (
    answer_ranks,
    bootstrap_interval,
    paired_difference,
    recall_at,
    reciprocal_rank_at,
    wilson_interval,
)

RNG = np.random.default_rng(0)


def test_measures_against_pytrec_eval():
    scores = RNG.permutation(41 * 53).reshape(41, 53).astype(np.float32)
    relevant = RNG.random((41, 53)) < 0.04
    relevant[:, 7] |= ~relevant.any(1)
    qrel = {f"q{i}": {f"d{j}": int(x) for j, x in enumerate(row)} for i, row in enumerate(relevant)}
    run = {f"q{i}": {f"d{j}": float(x) for j, x in enumerate(row)} for i, row in enumerate(scores)}
    oracle = pytrec_eval.RelevanceEvaluator(qrel, {"success.1,5,10", "recip_rank"}).evaluate(run)
    rank = answer_ranks(jnp.asarray(scores), jnp.asarray(relevant))
    for i in range(41):
        row = oracle[f"q{i}"]
        for k in (1, 5, 10):
            assert recall_at(rank, k)[i] == row[f"success_{k}"]
        np.testing.assert_allclose(reciprocal_rank_at(rank, 53)[i], row["recip_rank"], rtol=1e-6)
    assert reciprocal_rank_at(jnp.array([10, 11]), 10).tolist() == [jnp.float32(0.1), 0]


def test_recall_at_k_is_trecs_recall_when_one_document_answers():
    scores, answer = RNG.permutation(11 * 13).reshape(11, 13), RNG.integers(13, size=11)
    qrel = {f"q{i}": {f"d{answer[i]}": 1} for i in range(11)}
    run = {f"q{i}": {f"d{j}": float(x) for j, x in enumerate(row)} for i, row in enumerate(scores)}
    oracle = pytrec_eval.RelevanceEvaluator(qrel, {"recall.5"}).evaluate(run)
    relevant = jnp.arange(13)[None] == jnp.asarray(answer)[:, None]
    ours = recall_at(answer_ranks(jnp.asarray(scores, jnp.float32), relevant), 5)
    assert ours.tolist() == [oracle[f"q{i}"]["recall_5"] for i in range(11)]


def test_a_query_of_two_answers_is_half_found_by_one():
    scores = jnp.array([[5.0, 4, 3, 2, 1], [1.0, 2, 3, 4, 5]])
    relevant = np.zeros((2, 2, 5), bool)
    relevant[0, 0, 1] = relevant[0, 1, 3] = relevant[1, :, 0] = True
    rank = answer_ranks(scores, jnp.asarray(relevant))
    assert rank.tolist() == [[2, 4], [5, 5]]
    assert recall_at(rank, 3).tolist() == [0.5, 0.0]
    assert recall_at(rank, 5).tolist() == [1.0, 1.0]
    assert answer_ranks(scores, jnp.asarray(relevant[:, 0])).tolist() == [2, 5]


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
