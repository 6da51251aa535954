"""Orders of candidates against a loop, and the recorded ones against what is cheap to compute."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.data import record
from whiteboard.retrieval.late_interaction import maxsim, token_vectors
from whiteboard.retrieval.likelihood import query_log_probs
from whiteboard.retrieval.rerankers import rerank
from whiteboard.retrieval.studies.reranking import (
    DEPTHS,
    at_depth,
    fused,
    read,
    reranking_study,
    written,
)


@pytest.fixture(scope="module")
def orders():
    return record("rerankers")["results"]["orders"]


def test_orders_are_what_rerank_gives():
    study = reranking_study()
    order = study.order_by(study.dense, 20)
    for row in (0, 11, 40):
        ranked = rerank(study.first[row], study.dense[row].__getitem__, candidates=20, keep=20)
        assert study.listed[row, order[row]].tolist() == ranked.documents.tolist()


def test_ndcg_and_the_ceiling_agree_with_a_loop():
    study = reranking_study()
    order = study.order_by(study.dense, 30)
    relevant = np.asarray(study.relevant)
    want, ceiling = [], []
    for row, spans in enumerate(relevant):
        answer, listed = spans.any(0), study.listed[row]
        gains = [answer[listed[place]] / np.log2(r + 2) for r, place in enumerate(order[row][:10])]
        best = sum(1 / np.log2(r + 2) for r in range(min(10, answer.sum())))
        want.append(sum(gains) / best)
        ceiling.append(np.mean([span[listed[:30]].any() for span in spans]))
    np.testing.assert_allclose(study.ndcg(order), want, rtol=1e-5)
    np.testing.assert_allclose(study.recall(30), ceiling)


def test_a_smaller_depth_is_the_order_without_the_rest():
    study = reranking_study()
    for depth in DEPTHS:
        want = study.order_by(study.dense, depth)
        np.testing.assert_array_equal(at_depth(study.order_by(study.dense, 100), depth), want)
    with pytest.raises(ValueError, match="wanted 1 to 20"):
        at_depth(study.order_by(study.dense, 20), 21)


def test_fused_by_hand():
    """Ranks 3, 1, 2 by the reranker: places 1 (ranks 2 and 1) and 0 (1 and 3) lead."""
    assert fused(np.array([[1, 2, 0]])).tolist() == [[1, 0, 2]]
    assert fused(np.array([[0, 1, 2]])).tolist() == [[0, 1, 2]]


def test_orders_are_written_and_read():
    order = np.array([[2, 0, 1], [0, 1, 2]])
    np.testing.assert_array_equal(read(written(order)), order)
    with pytest.raises(ValueError, match="every place once"):
        read(["0 1 1"])


def test_an_unknown_half_is_refused():
    with pytest.raises(ValueError, match="wanted one of development, held-out"):
        reranking_study("test")


def test_recorded_orders_are_of_all_queries(orders):
    depths = {name: read(lines).shape for name, lines in orders.items()}
    assert depths == {
        "cross-encoder": (67, 100),
        "cross-encoder, development": (68, 20),
        "hard negatives alone": (67, 100),
        "hard negatives alone, development": (68, 20),
        "MaxSim": (67, 100),
        "likelihood": (67, 20),
    }


@pytest.mark.parametrize("row", [3, 50])
def test_recorded_maxsim_again(orders, row):
    """Where neighbours in the order are almost equal another processor may swap them."""
    study = reranking_study()
    model, depth = study.index.encoder, 20
    asked = token_vectors(model, [study.queries[row].text])
    scores = maxsim(asked, token_vectors(model, study.passages(row, depth)))[0]
    recorded = at_depth(read(orders["MaxSim"]), depth)[row]
    assert np.diff(np.asarray(scores)[recorded]).max() < 1e-3


@pytest.mark.slow
def test_recorded_likelihood_again(orders, smollm2):
    study = reranking_study()
    recorded = read(orders["likelihood"])
    for row in (0, 33):
        passages = study.passages(row, recorded.shape[1])
        scores = query_log_probs(smollm2, study.queries[row].text, passages)
        assert np.diff(np.asarray(scores)[recorded[row]]).max() < 1e-3
        assert float(jnp.ptp(scores)) > 0.1
