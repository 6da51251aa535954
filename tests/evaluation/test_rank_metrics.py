"""Ranking metrics against pytrec_eval, on runs with ties, grades and unjudged documents."""

import jax.numpy as jnp
import pytest
from trec_runs import CUTS, DOCUMENTS, GRADES, compare, oracle, retrieved

from whiteboard.evaluation.rank_metrics import (
    average_precision,
    best_first,
    hit_rate,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

METRICS = {
    "success": hit_rate,
    "recall": recall,
    "P": precision,
    "map_cut": average_precision,
    "ndcg_cut": ndcg,
}


@pytest.fixture(scope="module")
def order():
    return retrieved()


@pytest.mark.parametrize("level", [1, 2])
def test_every_metric_on_3001_runs_with_ties_and_grades(order, level):
    cuts = ",".join(map(str, CUTS))
    measures = {f"{name}.{cuts}" for name in METRICS} | {"recip_rank"}
    rows = oracle(order, measures, relevance_level=level)
    for name, metric in METRICS.items():
        for k in CUTS:
            given = (k,) if metric is ndcg else (k, level)
            ours = metric(jnp.asarray(GRADES), order, *given)
            compare(ours, rows, f"{name}_{k}")
    compare(reciprocal_rank(jnp.asarray(GRADES), order, DOCUMENTS, level), rows, "recip_rank")


def test_by_hand():
    """Grades 1 0 1 0 0 of the first five, 3 relevant in all: the worked example of the page."""
    grades, order = jnp.array([[1, 0, 1, 0, 0, 1]]), jnp.arange(6)[None]
    assert recall(grades, order, 5)[0] == pytest.approx(2 / 3)
    assert precision(grades, order, 5)[0] == pytest.approx(0.4)
    assert average_precision(grades, order, 5)[0] == pytest.approx((1 + 2 / 3) / 3)
    assert ndcg(grades, order, 5)[0] == pytest.approx(0.70392, abs=1e-5)
    assert reciprocal_rank(grades, order, 5)[0] == 1


def test_nothing_relevant_and_nothing_found():
    nothing = jnp.array([[0, 0, 0]]), jnp.array([[2, 1, 0]])
    empty = jnp.array([[1, 2, 0]]), jnp.array([[-1, -1, -1]])
    for grades, order in (nothing, empty):
        for metric in (hit_rate, recall, precision, reciprocal_rank, average_precision, ndcg):
            assert metric(grades, order, 2).tolist() == [0.0]


def test_ties_go_by_name_wherever_a_document_lies():
    scores, names = jnp.array([[1.0, 1.0, 2.0, 1.0]]), jnp.array([5, 9, 1, 7])
    assert best_first(scores, names).tolist() == [[2, 1, 3, 0]]
    moved = jnp.array([3, 0, 1, 2])
    again = best_first(scores[:, moved], names[moved])
    assert names[moved][again[0]].tolist() == names[best_first(scores, names)[0]].tolist()


def test_a_cut_at_no_place_is_refused():
    for metric in (hit_rate, recall, precision, ndcg):
        with pytest.raises(ValueError, match="k: wanted 1 or more"):
            metric(jnp.array([[1, 0]]), jnp.array([[0, 1]]), 0)
