"""The queries with one answer put to each retriever: at which rank the answer stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from jaxtyping import Array, Bool, Int

from whiteboard.data import python_queries, python_topics
from whiteboard.evaluation.answer_ranks import answer_ranks, recall_at, reciprocal_rank_at
from whiteboard.retrieval.hybrid import Scores, fuse, python_index
from whiteboard.retrieval.labels import answers

Ranks = Int[Array, " queries"]
ONE_ANSWER = ("identifier", "paraphrase")


@cache
def python_comparison(weight: float = 0.5) -> dict[str, Ranks]:
    """The rank of each query's answer in Python's topics, by retriever.

    Args:
        weight: of the dense part in the convex fusion.
    """
    lexical, dense = _retrieved()
    scores = {"BM25": lexical, "dense": dense} | fuse(lexical, dense, weight)
    return {name: answer_ranks(row, _relevant()) for name, row in scores.items()}


def of_kind(kind: str) -> Bool[np.ndarray, " queries"]:
    """Which of the queries with one answer are of that kind."""
    return np.array([query.kind == kind for query in python_queries(*ONE_ANSWER)])


def tuned_weight(
    ranks: Mapping[float, Ranks], rows: Sequence[int] | Int[np.ndarray, " rows"]
) -> float:
    """The weight with the best recall@10 on some queries; among equal ones the best MRR@10.

    Args:
        ranks: answer ranks by weight of the dense scores.
        rows: numbers of the queries to tune on; report on others.

    Returns:
        One of the weights.
    """

    def quality(weight: float) -> tuple[float, float]:
        found = ranks[weight][np.asarray(rows)]
        return float(recall_at(found, 10).mean()), float(reciprocal_rank_at(found, 10).mean())

    return max(ranks, key=quality)


@cache
def _retrieved() -> tuple[Scores, Scores]:
    return python_index().retrieve([query.text for query in python_queries(*ONE_ANSWER)])


@cache
def _relevant() -> Bool[Array, "queries chunks"]:
    return answers(python_queries(*ONE_ANSWER), python_index().chunks, python_topics())[:, 0]
