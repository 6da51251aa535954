"""Ranking metrics against pytrec_eval, on runs with ties, grades and unjudged documents."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import pytrec_eval

from whiteboard.evaluation.rank_metrics import (
    average_precision,
    best_first,
    condensed,
    hit_rate,
    judged_share,
    ndcg,
    precision,
    precision_bounds,
    recall,
    reciprocal_rank,
)

QUERIES, DOCUMENTS, CUTS = 3001, 23, (1, 5, 10)
RNG = np.random.default_rng(17)
SCORES = RNG.integers(0, 11, (QUERIES, DOCUMENTS))  # 11 values for 23 documents: ties in every run
# From grade -1 (not judged) to 3, and the share of unjudged ones changes from query to query.
GRADES = np.where(
    RNG.random((QUERIES, DOCUMENTS)) < 0.6 * RNG.random((QUERIES, 1)),
    -1,
    RNG.choice(4, (QUERIES, DOCUMENTS), p=[0.7, 0.15, 0.1, 0.05]),
)
FOUND = np.sort(RNG.integers(1, DOCUMENTS + 1, QUERIES))  # some runs come back with few documents
NAMES = RNG.permutation(DOCUMENTS)
METRICS = {
    "success": hit_rate,
    "recall": recall,
    "P": precision,
    "map_cut": average_precision,
    "ndcg_cut": ndcg,
}


@pytest.fixture(scope="module")
def order():
    """Each run's best documents, and empty places after the number it found."""
    everything = jax.jit(best_first)(jnp.asarray(SCORES, jnp.float32), jnp.asarray(NAMES))
    return jnp.where(jnp.arange(DOCUMENTS)[None] < jnp.asarray(FOUND)[:, None], everything, -1)


def oracle(order, measures, **settings):
    """pytrec_eval's values; it sorts by score and then by name itself."""
    name = [f"d{n:02d}" for n in NAMES]
    kept = [[int(d) for d in row if d >= 0] for row in np.asarray(order)]
    run = {
        str(q): {name[d]: float(SCORES[q, d]) for d in documents}
        for q, documents in enumerate(kept)
    }
    judged = {
        str(q): {name[d]: int(g) for d, g in enumerate(row) if g >= 0}
        for q, row in enumerate(GRADES)
    }
    found = pytrec_eval.RelevanceEvaluator(judged, measures, **settings).evaluate(run)
    return [found.get(str(q)) for q in range(QUERIES)]


def compare(ours, rows, name):
    want = np.array([np.nan if row is None else row[name] for row in rows])
    known = ~np.isnan(want)
    assert known.sum() > 2900
    np.testing.assert_allclose(np.asarray(ours)[known], want[known], rtol=2e-6, atol=1e-7)
    assert len(np.unique(want[known])) > 1


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


def test_a_condensed_ranking_is_trec_evals_judged_documents_only(order):
    rows = oracle(order, {"P.5", "ndcg_cut.5"}, judged_docs_only_flag=True)
    grades = jnp.asarray(GRADES)
    compare(precision(grades, condensed(grades, order), 5), rows, "P_5")
    compare(ndcg(grades, condensed(grades, order), 5), rows, "ndcg_cut_5")


def test_bounds_are_what_the_best_and_the_worst_labels_give(order):
    grades = jnp.asarray(GRADES)
    bounds = precision_bounds(grades, order, 5)
    for column, label in ((0, 0), (1, 1)):
        filled = jnp.where(grades < 0, label, grades)
        np.testing.assert_array_equal(bounds[:, column], precision(filled, order, 5))
    width = np.asarray(bounds[:, 1] - bounds[:, 0])
    full = FOUND >= 5
    share = np.asarray(judged_share(grades, order, 5))
    np.testing.assert_allclose(width[full], 1 - share[full], atol=1e-6)


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
    assert judged_share(*empty, 3).tolist() == [0.0]


def test_ties_go_by_name_wherever_a_document_lies():
    scores, names = jnp.array([[1.0, 1.0, 2.0, 1.0]]), jnp.array([5, 9, 1, 7])
    assert best_first(scores, names).tolist() == [[2, 1, 3, 0]]
    moved = jnp.array([3, 0, 1, 2])
    again = best_first(scores[:, moved], names[moved])
    assert names[moved][again[0]].tolist() == names[best_first(scores, names)[0]].tolist()


def test_a_cut_at_no_place_is_refused():
    for metric in (hit_rate, recall, precision, ndcg, judged_share, precision_bounds):
        with pytest.raises(ValueError, match="k: wanted 1 or more"):
            metric(jnp.array([[1, 0]]), jnp.array([[0, 1]]), 0)
