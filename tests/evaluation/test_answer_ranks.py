"""Ranks by hand, and what is made of them against pytrec_eval."""

import jax.numpy as jnp
import numpy as np
import pytrec_eval

from whiteboard.evaluation.answer_ranks import answer_ranks, ranks, recall_at, reciprocal_rank_at

RNG = np.random.default_rng(0)


def test_ranks_count_from_one_and_ties_by_place():
    scores = jnp.array([[3.0, 9, 3, -1], [0, 0, 0, 0]])
    assert ranks(scores).tolist() == [[2, 1, 3, 4], [1, 2, 3, 4]]


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
