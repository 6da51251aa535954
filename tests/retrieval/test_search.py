"""Chunks, top-k, fusion, labels and measures, against other libraries where there is one."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import models
from qdrant_client.hybrid.fusion import reciprocal_rank_fusion as qdrant_fusion

from whiteboard.data import PythonQuery, python_queries, python_topics
from whiteboard.retrieval.chunk import Chunk, fixed_chunks
from whiteboard.retrieval.dense import cosine_scores, top_k
from whiteboard.retrieval.fusion import convex_fusion, fuse_ranks, ranks, reciprocal_rank_fusion
from whiteboard.retrieval.labels import answer_spans, answers
from whiteboard.retrieval.measure import (
    answer_ranks,
    bootstrap_interval,
    recall_at,
    reciprocal_rank_at,
    wilson_interval,
)

RNG = np.random.default_rng(0)

# Chunks


@settings(max_examples=40, deadline=None)
@given(st.text("ab \n", max_size=97), st.integers(2, 23), st.data())
def test_chunks_hold_every_character_at_its_place(text, size, data):
    overlap = data.draw(st.integers(0, (size - 1) // 2))
    chunks = fixed_chunks({"doc": text}, size=size, overlap=overlap)
    held = set()
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert 0 < len(chunk.text) <= size
        held |= set(range(chunk.start, chunk.end))
    assert held == set(range(len(text)))
    starts = [chunk.start for chunk in chunks]
    assert starts == sorted(set(starts))
    for before, after in pairwise(chunks):
        assert before.end - overlap <= after.start <= before.end


def test_chunks_break_at_spaces_and_overlap():
    chunks = fixed_chunks({"doc": "one two three four five six"}, size=12, overlap=4)
    assert [c.text for c in chunks] == ["one two ", "two three ", "four five ", "six"]


def test_topics_in_chunks():
    chunks = fixed_chunks(python_topics())
    assert len(chunks) > 800
    assert max(len(c.text) for c in chunks) == 600
    assert all(python_topics()[c.document][c.start : c.end] == c.text for c in chunks)


@pytest.mark.parametrize("overlap", [-1, 5, 10])
def test_an_overlap_that_does_not_fit(overlap):
    with pytest.raises(ValueError, match="overlap: wanted 0 to less than 5"):
        fixed_chunks({"doc": "text"}, size=10, overlap=overlap)


# Exact search


def test_cosine_and_top_k_against_numpy():
    queries, documents = RNG.normal(size=(5, 7)), RNG.normal(size=(31, 7)) * 9
    want = queries @ documents.T
    want /= np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    scores = cosine_scores(jnp.asarray(queries), jnp.asarray(documents))
    np.testing.assert_allclose(scores, want, atol=1e-6)
    values, numbers = top_k(scores, 11)
    np.testing.assert_array_equal(numbers, np.argsort(-want, axis=1)[:, :11])
    np.testing.assert_allclose(values, -np.sort(-want, axis=1)[:, :11], atol=1e-6)


def test_top_k_breaks_ties_by_place():
    assert top_k(jnp.array([1.0, 2.0, 2.0, 1.0]), 3)[1].tolist() == [1, 2, 0]


@pytest.mark.parametrize("k", [0, 4])
def test_top_k_of_too_few(k):
    with pytest.raises(ValueError, match="wanted 1 to 3"):
        top_k(jnp.zeros(3), k)


def test_a_zero_vector_is_like_nothing():
    assert cosine_scores(jnp.zeros((1, 3)), jnp.ones((2, 3))).tolist() == [[0, 0]]


# Fusion


def test_ranks_count_from_one_and_ties_by_place():
    scores = jnp.array([[3.0, 9, 3, -1], [0, 0, 0, 0]])
    assert ranks(scores).tolist() == [[2, 1, 3, 4], [1, 2, 3, 4]]


def points(order: list[int]) -> list[models.ScoredPoint]:
    return [models.ScoredPoint(id=i, version=0, score=0.0, payload={}) for i in order]


def test_fusion_is_qdrants_with_k_one_more():
    """Qdrant counts ranks from 0: its k of 61 is the paper's 60."""
    lists = [RNG.permutation(37)[:23].tolist() for _ in range(2)]
    place = np.full((2, 37), 99)
    for row, order in enumerate(lists):
        place[row, order] = np.arange(1, 24)
    ours = reciprocal_rank_fusion(jnp.asarray(place), jnp.asarray(place < 99), 60.0)
    theirs = qdrant_fusion([points(order) for order in lists], limit=37, ranking_constant_k=61)
    np.testing.assert_allclose([ours[p.id] for p in theirs], [p.score for p in theirs], rtol=1e-6)


def test_fuse_ranks_leaves_out_what_was_not_found():
    lexical = jnp.array([2.0, 0, 1, 0])
    dense = jnp.array([0.1, 0.9, 0.3, -0.2])
    fused = fuse_ranks(jnp.stack([lexical, dense]), jnp.array([0.0, -2.0]), depth=3)
    want = [1 / 61 + 1 / 63, 1 / 61, 1 / 62 + 1 / 62, 0]
    np.testing.assert_allclose(fused, want, rtol=1e-6)


def test_convex_fusion_ends_at_either_list():
    lexical, cosine = jnp.array([5.0, 0, 1]), jnp.array([-0.5, 0.7, 0.2])
    np.testing.assert_array_equal(ranks(convex_fusion(lexical, cosine, 0.0)), ranks(lexical))
    np.testing.assert_array_equal(ranks(convex_fusion(lexical, cosine, 1.0)), ranks(cosine))
    assert jnp.isfinite(convex_fusion(jnp.zeros(3), cosine)).all()


# Labels


def test_every_label_stands_where_it_says():
    queries, topics = python_queries(), python_topics()
    assert sorted({q.kind for q in queries}) == ["identifier", "paraphrase"]
    assert min(sum(q.kind == kind for q in queries) for kind in ("identifier", "paraphrase")) >= 30
    assert len({q.text for q in queries}) == len(queries)
    for query in queries:
        assert topics[query.topic][query.start : query.end] == query.answer
        spans = answer_spans(query.answer, topics)
        assert (query.topic, query.start, query.end) in spans


def test_every_query_has_a_chunk_that_answers_and_few_of_them():
    chunks = fixed_chunks(python_topics())
    relevant = answers(python_queries(), chunks, python_topics())
    assert relevant.sum(1).min() >= 1
    assert relevant.sum(1).max() <= 12
    for row, query in enumerate(python_queries()):
        words = query.answer.split()
        for column in np.flatnonzero(relevant[row]):
            held = " ".join(chunks[column].text.split())
            assert sum(word in held for word in words) >= 0.4 * len(words)


def query(answer: str) -> PythonQuery:
    return PythonQuery("identifier", "q", "a", 0, 1, answer)


def test_the_same_words_elsewhere_answer_too_and_half_is_enough():
    documents = {"a": "x one two three four", "b": "one\n  two three\tfour y", "c": "one two"}
    assert [name for name, _, _ in answer_spans("one two three four", documents)] == ["a", "b"]
    chunks = [
        Chunk("a", 0, 12, documents["a"][:12]),  # 10 of 18 characters
        Chunk("a", 12, 20, documents["a"][12:]),  # 8
        Chunk("b", 0, 22, documents["b"]),
        Chunk("c", 0, 7, documents["c"]),
    ]
    found = answers([query("one two three four")], chunks, documents)
    assert found.tolist() == [[True, False, True, False]]
    with pytest.raises(ValueError, match="no chunk holds half of the answer to 'q'"):
        answers([query("one two three four")], chunks[1:2], documents)


# Measures


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
