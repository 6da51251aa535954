"""BM25 against bm25s and rank-bm25, live, and by hand."""

import math

import bm25s
import jax.numpy as jnp
import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from whiteboard.practice import variant
from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.bm25 import BM25


def zipf_corpus(seed: int, documents: int) -> list[list[str]]:
    """Documents of 1 to 40 words; the word of rank r is drawn with weight 1 / r."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 302)
    draw = lambda: rng.choice(301, rng.integers(1, 41), p=weights / weights.sum())  # noqa: E731
    return [[f"w{i}" for i in draw()] for _ in range(documents)]


def by_bm25s(corpus, queries, k1, b) -> np.ndarray:
    index = bm25s.BM25(method="lucene", k1=k1, b=b)
    index.index(corpus, show_progress=False)
    return np.stack([index.get_scores(query) for query in queries])


def test_by_hand():
    """Three documents, one query, every number of the formula written out."""
    index = BM25.build([["a", "b", "a"], ["b"], ["c", "c"]], k1=1.0, b=0.5)
    idf_a, idf_b = math.log(1 + 2.5 / 1.5), math.log(1 + 1.5 / 2.5)
    first = idf_a * 2 / (2 + 0.5 + 0.5 * 3 / 2) + idf_b * 1 / (1 + 0.5 + 0.5 * 3 / 2)
    second = idf_b * 1 / (1 + 0.5 + 0.5 * 1 / 2)
    np.testing.assert_allclose(index.score([["a", "b"]]), [[first, second, 0]], rtol=1e-6)


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.0, 0.0), (2.0, 1.0), (1.5, 0.3)])
def test_equal_to_bm25s(k1, b):
    corpus = zipf_corpus(0, 211)
    queries = zipf_corpus(1, 17)
    ours = BM25.build(corpus, k1=k1, b=b).score(queries)
    np.testing.assert_allclose(ours, by_bm25s(corpus, queries, k1, b), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_bm25s_on_a_few_short_documents(seed):
    """Terms in every document, in one, and twice in a query."""
    rng = np.random.default_rng(seed)
    corpus = [[f"w{i}" for i in rng.integers(0, 7, size)] for size in (1, 3, 13, 29)]
    queries = [[corpus[1][0], corpus[3][0], corpus[3][0]], corpus[2]]
    ours = BM25.build(corpus).score(queries)
    np.testing.assert_allclose(ours, by_bm25s(corpus, queries, 1.2, 0.75), rtol=2e-5, atol=2e-5)


def test_equal_to_rank_bm25_where_the_formulas_agree():
    """Okapi's idf and factor (k1 + 1), for terms in less than half of the documents."""
    corpus = zipf_corpus(2, 101)
    okapi = BM25Okapi(corpus, k1=1.5, b=0.75)
    rare = {w for w in okapi.idf if sum(w in row for row in corpus) < len(corpus) / 2}
    queries = [[w for w in query if w in rare] for query in zipf_corpus(3, 19)]
    index = BM25.build(corpus, k1=1.5, b=0.75, idf=variant(15, "idf_goes_negative"))
    want = np.stack([okapi.get_scores(query) for query in queries])
    np.testing.assert_allclose(2.5 * index.score(queries), want, rtol=1e-4, atol=1e-5)


def test_unknown_terms_and_empty_queries_find_nothing():
    index = BM25.build([["a"], ["b", "a"], []])
    scores = index.score([["a"], ["zzz"], [], ["a", "zzz"]])
    assert not scores[1:3].any()
    assert not scores[:, 2].any()
    np.testing.assert_array_equal(scores[0], scores[3])
    assert BM25.build([["a"]]).score([]).shape == (0, 1)


def test_a_term_twice_counts_twice():
    index = BM25.build(zipf_corpus(4, 13))
    once, twice = index.score([["w1"], ["w1", "w1"]])
    np.testing.assert_allclose(2 * once, twice, rtol=1e-6)


def test_no_match_is_worth_less_than_none():
    corpus = [["the", "cat"], ["the", "dog"], ["the", "end"], ["fish", "chips"]]
    assert (BM25.build(corpus).score([["the"]])[0, :3] > 0).all()
    wrong = BM25.build(corpus, idf=variant(15, "idf_goes_negative"))
    assert (wrong.score([["the"]])[0, :3] < 0).all()


@pytest.mark.parametrize(("documents", "options", "message"), [
    ([[], []], {}, "the 2 documents hold no term"),
    ([["a"]], {"k1": -1.0}, "got k1 -1"),
    ([["a"]], {"b": 1.5}, "and b 1.5"),
])  # fmt: skip
def test_what_cannot_be_indexed(documents, options, message):
    with pytest.raises(ValueError, match=message):
        BM25.build(documents, **options)


def test_postings_are_sorted_and_whole():
    corpus = zipf_corpus(5, 37)
    index = BM25.build(corpus)
    assert index.starts[0] == 0
    assert index.starts[-1] == len(index.documents) == sum(len(set(row)) for row in corpus)
    for term, number in index.vocabulary.items():
        postings = index.documents[index.starts[number] : index.starts[number + 1]]
        assert postings.tolist() == [i for i, row in enumerate(corpus) if term in row]


def test_a_code_is_found_whole_and_by_its_parts():
    index = BM25.build([analyze("the code AB-12/7 failed"), analyze("12 of 7 AB codes")])
    exact, part = index.score([analyze("AB-12/7"), ["12"]])
    assert exact[0] > exact[1] > 0
    assert (part > 0).all()
    assert isinstance(index.scores, jnp.ndarray)
