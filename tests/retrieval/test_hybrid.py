"""Both searches over one small corpus: each score is the part's own."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.bm25 import BM25
from whiteboard.retrieval.fusion import convex_fusion, fuse_ranks
from whiteboard.retrieval.hybrid import HybridIndex
from whiteboard.retrieval.passages import Chunk

TEXTS = ("The cat sat on the mat.", "Error E1234: disk full.", "A kitten rests on a rug.")
QUERIES = ("E1234", "where is the young cat?")


@pytest.fixture(scope="module")
def index(tmp_path_factory, minilm):
    chunks = [Chunk("doc", i, i + 1, text) for i, text in enumerate(TEXTS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return HybridIndex.build(chunks, minilm)


def test_each_score_is_the_retrievers_own(index):
    lexical, dense = index.retrieve(QUERIES)
    bm25 = BM25.build([analyze(text) for text in TEXTS])
    np.testing.assert_allclose(lexical, bm25.score([analyze(q) for q in QUERIES]))
    vectors = index.encoder.encode([*QUERIES, *TEXTS])
    np.testing.assert_allclose(dense, vectors[:2] @ vectors[2:].T, atol=1e-5)


def test_fusions_are_those_of_the_scores(index):
    lexical, dense = index.retrieve(QUERIES)
    scores = index.scores(QUERIES, weight=0.3)
    assert list(scores) == ["BM25", "dense", "RRF", "convex"]
    for row in range(2):
        both = jnp.stack([lexical[row], dense[row]])
        rrf = fuse_ranks(both, jnp.array([0.0, -2.0]))
        np.testing.assert_allclose(scores["RRF"][row], rrf, rtol=1e-6)
        convex = convex_fusion(lexical[row], dense[row], 0.3)
        np.testing.assert_allclose(scores["convex"][row], convex, rtol=1e-5)


def test_words_find_the_code_and_meaning_finds_the_kitten(index):
    lexical, dense = index.retrieve(["E1234", "young cat"])
    assert lexical[0].tolist().index(lexical[0].max()) == 1
    assert lexical[1, 2] == 0 < dense[1, 2]
    assert int(dense[1].argmin()) == 1
