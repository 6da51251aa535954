"""Weeks of simulated traffic over the labelled queries: what a monitor sees, and what users get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.cluster.vq import kmeans2, vq

from whiteboard.data import python_queries, python_topics
from whiteboard.evaluation.rank_metrics import best_first, ndcg, reciprocal_rank
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.drift import (
    mmd_test,
    p_value,
    population_stability_index,
    rbf_kernel,
)
from whiteboard.retrieval.grades import graded_answers
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.studies.retrievers import ONE_ANSWER

Rows = Int[np.ndarray, "*weeks window"]


@dataclass(frozen=True)
class Traffic:
    """The labelled queries as a stream's population: their vectors, and how well each is answered.

    Attributes:
        vectors: of the queries.
        paraphrase: which of them say the need in other words; the others are identifiers.
        ndcg: nDCG@10 of each, with a frozen encoder and corpus.
        bins: of ten clusters of the corpus, the one that holds the query's first passage.
    """

    vectors: Float[Array, "queries dim"]
    paraphrase: Bool[np.ndarray, " queries"]
    ndcg: Float[Array, " queries"]
    bins: Int[np.ndarray, " queries"]

    def week(self, share: float, size: int, draw: np.random.Generator) -> Rows:
        """The numbers of a week's queries, drawn with replacement.

        Args:
            share: probability that a query is a paraphrase.
            size: queries of the week.
            draw: random number generator; its state advances.

        Returns:
            Numbers of queries.
        """
        return draw.choice(len(self.paraphrase), size, p=self.chances(share))

    def chances(self, share: float) -> Float[np.ndarray, " queries"]:
        """How likely each query is the next one, when a share of the queries are paraphrases."""
        kinds = self.paraphrase, ~self.paraphrase
        return share * kinds[0] / kinds[0].sum() + (1 - share) * kinds[1] / kinds[1].sum()

    def counts(self, rows: Rows) -> Int[np.ndarray, "*weeks bins"]:
        """How many of each week's queries found their first passage in each cluster."""
        return (self.bins[rows][..., None] == np.arange(BINS)).sum(-2)


BINS = 10


@cache
def python_traffic() -> Traffic:
    """The queries with one answer to Python's topics, answered by MiniLM."""
    index, queries = python_index(), python_queries(*ONE_ANSWER)
    vectors = index.encoder.encode([query.text for query in queries])
    order, (quality, _) = answered(cosine_scores(vectors, index.vectors))
    clusters = corpus_clusters(index.vectors, BINS)
    kinds = np.array([query.kind == "paraphrase" for query in queries])
    return Traffic(vectors, kinds, quality, clusters[np.asarray(order[:, 0])])


def answered(
    scores: Float[Array, "queries passages"],
) -> tuple[
    Int[Array, "queries passages"], tuple[Float[Array, " queries"], Float[Array, " queries"]]
]:
    """The ranking of the golden set's queries, and its nDCG@10 and reciprocal rank, query by query.

    Args:
        scores: of `python_index()`'s passages for the queries with one answer.
    """
    order = best_first(scores, jnp.arange(scores.shape[1]))
    return order, (ndcg(_grades(), order, 10), reciprocal_rank(_grades(), order, 10))


@cache
def _grades() -> Int[Array, "queries chunks"]:
    return graded_answers(python_queries(*ONE_ANSWER), python_index().chunks, python_topics())


def corpus_clusters(
    vectors: Float[Array, "passages dim"], clusters: int
) -> Int[np.ndarray, " passages"]:
    """k-means from passages evenly spread over the corpus: the number of each one's cluster.

    Args:
        vectors: of the corpus's passages.
        clusters: number of clusters.

    Returns:
        The cluster of each passage.
    """
    data = np.asarray(vectors, np.float64)
    start = data[np.linspace(0, len(data) - 1, clusters).astype(int)]
    centroids, _ = kmeans2(data, start, minit="matrix", iter=20)
    return vq(data, centroids)[0]


@jax.jit
def mmd_tests(
    vectors: Float[Array, "weeks texts dim"], shuffles: Bool[Array, "shuffles texts"]
) -> tuple[Float[Array, " weeks"], Float[Array, " weeks"]]:
    """`mmd_test` of each row: a first and a second window of vectors, one after the other.

    Args:
        vectors: of both windows, the reference window first.
        shuffles: from `shuffled_windows`; the same for every week.

    Returns:
        MMD^2 of each week, and its p-value.
    """
    return jax.lax.map(lambda both: mmd_test(rbf_kernel(both), shuffles), vectors)


def psi_test(
    bins: Int[np.ndarray, "weeks texts"], shuffles: Bool[Array, "shuffles texts"], num_bins: int
) -> tuple[Float[Array, " weeks"], Float[Array, " weeks"]]:
    """PSI of a first and a second window of bins, and its p-value by the same shuffles.

    Args:
        bins: bin of each text, the reference window's first.
        shuffles: from `shuffled_windows`; the same for every week.
        num_bins: number of bins.

    Returns:
        PSI of each week, and its p-value.
    """
    hot = jax.nn.one_hot(jnp.asarray(bins), num_bins)
    total = hot.sum(1).astype(jnp.int32)
    first = jnp.arange(bins.shape[1]) < jnp.sum(shuffles[0])

    def index(labels: Bool[Array, "*labellings texts"]) -> Float[Array, "*labellings weeks"]:
        counts = jnp.einsum("...T,WTK->...WK", labels * 1.0, hot).astype(jnp.int32)
        return population_stability_index(counts, jnp.broadcast_to(total, counts.shape) - counts)

    observed, shuffled = index(first), index(shuffles)
    return observed, jax.vmap(p_value)(observed, shuffled.T)


def windows(
    traffic: Traffic, shares: Sequence[float], *, size: int, seed: int
) -> Int[np.ndarray, "weeks both"]:
    """For each share of paraphrases, a week of `size` queries behind a reference window.

    The reference window holds as many queries, at the first share, and is drawn anew each time:
    what is measured is then the rate over reference windows too.

    Args:
        traffic: queries to draw from.
        shares: share of paraphrases in each week; the first is the reference's.
        size: queries of a window.
        seed: of the draws.

    Returns:
        Numbers of queries, the reference window's first.
    """
    draw = np.random.default_rng(seed)
    return np.stack(
        [
            np.concatenate([traffic.week(s, size, draw) for s in (shares[0], share)])
            for share in shares
        ]
    )
