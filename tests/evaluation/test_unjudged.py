"""Unjudged documents: trec_eval's -J, and labels that might have been given."""

import jax.numpy as jnp
import numpy as np
import pytest
from trec_runs import FOUND, GRADES, compare, oracle, retrieved

from whiteboard.evaluation.rank_metrics import ndcg, precision
from whiteboard.evaluation.unjudged import condensed, judged_share, precision_bounds


@pytest.fixture(scope="module")
def order():
    return retrieved()


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


def test_nothing_found_is_nothing_judged():
    assert judged_share(jnp.array([[1, 2, 0]]), jnp.array([[-1, -1, -1]]), 3).tolist() == [0.0]


def test_a_cut_at_no_place_is_refused():
    for metric in (judged_share, precision_bounds):
        with pytest.raises(ValueError, match="k: wanted 1 or more"):
            metric(jnp.array([[1, 0]]), jnp.array([[0, 1]]), 0)
