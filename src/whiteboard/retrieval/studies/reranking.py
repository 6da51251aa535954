"""Rerankers put to the golden set: orders of the first stage's candidates, and what they are worth.

An order holds, for each query, places in the first stage's list: 0 is what that ranked best. The
order at a smaller depth is the same one without the places beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.data import SPLITS, Query, python_queries, python_topics
from whiteboard.evaluation.answer_ranks import answer_ranks
from whiteboard.evaluation.rank_metrics import ndcg
from whiteboard.retrieval.hybrid import HybridIndex, python_index
from whiteboard.retrieval.labels import answers

Order = Int[np.ndarray, "queries places"]
DEPTHS = (5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Study:
    """Labelled queries of one half, and the first stage's list of the whole corpus for each.

    Attributes:
        queries: with the place of each answer.
        index: of the corpus.
        relevant: the chunks that hold each answer.
        dense: cosines of the bi-encoder.
        first: scores of the first stage: both searches, fused by ranks.
        listed: chunks by falling first-stage score.
    """

    queries: tuple[Query, ...]
    index: HybridIndex
    relevant: Bool[Array, "queries spans chunks"]
    dense: Float[Array, "queries chunks"]
    first: Float[Array, "queries chunks"]
    listed: Int[np.ndarray, "queries chunks"]

    def recall(self, depth: int) -> Float[Array, " queries"]:
        """The share of each query's answers among the first `depth`: no reranker gets above it."""
        return (answer_ranks(self.first, self.relevant) <= depth).mean(1)

    def ndcg(self, order: Order) -> Float[Array, " queries"]:
        """nDCG@10 of an order; every chunk that holds an answer has grade 1."""
        grades = jnp.where(self.relevant.any(1), 1, 0)
        return ndcg(grades, jnp.asarray(np.take_along_axis(self.listed, order, axis=1)), 10)

    def order_by(self, scores: Float[Array, "queries chunks"], depth: int) -> Order:
        """The first `depth` by falling score; of equal scores the first stage's order stays.

        Args:
            scores: of a reranker, larger is better.
            depth: first-stage candidates to order.

        Returns:
            Places in the first stage's list, best first.
        """
        of_listed = np.take_along_axis(np.asarray(scores), self.listed[:, :depth], axis=1)
        return np.argsort(-of_listed, axis=1, kind="stable")

    def passages(self, query: int, depth: int) -> list[str]:
        """The texts of a query's candidates, in the first stage's order.

        Args:
            query: number of the query.
            depth: number of candidates.

        Returns:
            One text a candidate.
        """
        return [self.index.chunks[n].text for n in self.listed[query, :depth]]


@cache
def python_study(split: str = "held-out") -> Study:
    """One half of the labelled queries over Python's documentation topics."""
    if split not in SPLITS:
        raise ValueError(f"split: wanted one of {', '.join(SPLITS)}, got {split!r}")
    queries, index = python_queries(split=split), python_index()
    scores = index.scores([query.text for query in queries])
    listed = np.asarray(jnp.argsort(-scores["RRF"], axis=1, stable=True))
    relevant = answers(queries, index.chunks, python_topics())
    return Study(queries, index, relevant, scores["dense"], scores["RRF"], listed)


def at_depth(order: Order, depth: int) -> Int[np.ndarray, "queries depth"]:
    """The order when only the first `depth` candidates were scored.

    Args:
        order: of more candidates, best first.
        depth: candidates to keep.

    Returns:
        The order of the first `depth` candidates.

    Raises:
        ValueError: fewer candidates were scored.
    """
    if not 1 <= depth <= order.shape[1]:
        raise ValueError(f"depth: wanted 1 to {order.shape[1]} (were scored), got {depth}")
    return order[order < depth].reshape(len(order), depth)


def fused(order: Order, constant: int = 60) -> Order:
    """The order by 1 / (constant + rank), added over both stages.

    Args:
        order: of the reranker: places in the first stage's list, best first.
        constant: how flat the sum is; the k of reciprocal rank fusion.

    Returns:
        Places in the first stage's list, best first.
    """
    ranks = np.argsort(order, axis=1)
    first = np.arange(order.shape[1])[None]
    scores = 1 / (constant + 1 + ranks) + 1 / (constant + 1 + first)
    return np.argsort(-scores, axis=1, kind="stable")


def written(order: Order) -> list[str]:
    """An order as a recorded job keeps it: a line of numbers a query."""
    return [" ".join(map(str, row)) for row in order]


def read(lines: Sequence[str]) -> Order:
    """What `written` wrote.

    Raises:
        ValueError: unless each line holds each place once.
    """
    order = np.array([[int(place) for place in line.split()] for line in lines])
    if (np.sort(order, axis=1) != np.arange(order.shape[1])).any():
        raise ValueError("wanted every place once in each line; record the orders again")
    return order
