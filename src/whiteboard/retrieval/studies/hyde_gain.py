"""HyDE put to the golden set: how far down answers stand, and what tuning is worth elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard import encoder
from whiteboard.data import Query, python_queries, python_topics
from whiteboard.evaluation.answer_ranks import answer_ranks, recall_at, reciprocal_rank_at
from whiteboard.evaluation.intervals import PairedDifference, paired_difference
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.hybrid import HybridIndex, python_index
from whiteboard.retrieval.hyde import hyde_vector
from whiteboard.retrieval.labels import answers

Vectors = Float[Array, "queries dim"]
NUMBERS = (1, 2, 4)


@dataclass(frozen=True)
class Study:
    """Queries with their answers among the chunks of an index.

    Attributes:
        queries: with the place of each answer.
        index: what is searched.
        relevant: the chunks that hold each answer.
        vectors: of the queries.
    """

    queries: tuple[Query, ...]
    index: HybridIndex
    relevant: Bool[Array, "queries spans chunks"]
    vectors: Float[Array, "queries dim"]

    def rows(
        self, *, kind: str | None = None, split: str | None = None
    ) -> Bool[np.ndarray, " queries"]:
        """Which queries are of that kind and of that half.

        Args:
            kind: kind of query; all by default.
            split: "development" or "held-out"; both by default.

        Returns:
            True for the queries of that kind and split.
        """
        return np.array(
            [kind in (None, q.kind) and split in (None, q.split) for q in self.queries], bool
        )

    def document_vectors(
        self, documents: Mapping[str, Sequence[str]]
    ) -> Float[Array, "queries number dim"]:
        """The vectors of what was written for each query; zero for a query that it lacks.

        Args:
            documents: by the query's text, the same number for each.
        """
        texts = [text for written in documents.values() for text in written]
        vectors = np.asarray(encoder.encode_corpus(self.index.encoder, texts))
        number = len(texts) // len(documents)
        by_query = dict(zip(documents, vectors.reshape(len(documents), number, -1), strict=True))
        empty = np.zeros((number, vectors.shape[1]), np.float32)
        return jnp.asarray(np.stack([by_query.get(q.text, empty) for q in self.queries]))

    def recall(self, vectors: Float[Array, "queries dim"]) -> Float[Array, " queries"]:
        """The share of each query's answers among the first ten chunks."""
        return recall_at(self.ranks(vectors), 10)

    def reciprocal_rank(self, vectors: Float[Array, "queries dim"]) -> Float[Array, " queries"]:
        """1 / rank of each query's answers, 0 beyond ten, the mean over its answers."""
        ranks = self.ranks(vectors)
        return reciprocal_rank_at(ranks.reshape(-1), 10).reshape(ranks.shape).mean(1)

    def cosines(
        self, vectors: Float[Array, "queries dim"]
    ) -> tuple[Float[Array, " queries"], Float[Array, " queries"]]:
        """The cosine with the nearest chunk that holds an answer, and with the nearest other."""
        scores, answer = cosine_scores(vectors, self.index.vectors), self.relevant.any(1)
        nearest, other = (jnp.where(rows, scores, -1.0).max(1) for rows in (answer, ~answer))
        return nearest, other

    def ranks(self, vectors: Float[Array, "queries dim"]) -> Int[Array, "queries spans"]:
        """At which rank each answer stands."""
        return answer_ranks(cosine_scores(vectors, self.index.vectors), self.relevant)


@cache
def python_study() -> Study:
    """All labelled queries over Python's documentation topics."""
    queries, index = python_queries(), python_index()
    relevant = answers(queries, index.chunks, python_topics())
    vectors = index.encoder.encode([query.text for query in queries])
    return Study(queries, index, relevant, vectors)


def searched(study: Study, setting: Mapping[str, Any], number: int) -> Vectors:
    """The vectors that are searched with when the first documents of each query are averaged in.

    Args:
        study: the queries.
        setting: a recorded setting, with `documents` by query.
        number: documents to average in.

    Returns:
        One vector a query.
    """
    documents = study.document_vectors(setting["documents"])[:, :number]
    return hyde_vector(study.vectors, documents)


def best_setting(
    study: Study, settings: Mapping[str, Mapping[str, Any]], numbers: Sequence[int] = NUMBERS
) -> tuple[str, int]:
    """The setting, and the number of documents, with the best reciprocal rank on development.

    Args:
        study: the queries.
        settings: recorded settings by name.
        numbers: numbers of documents to try.

    Returns:
        Name of the setting, and number of documents.
    """
    rows = study.rows(split="development")

    def quality(choice: tuple[str, int]) -> float:
        name, number = choice
        vectors = searched(study, settings[name], number)
        return float(study.reciprocal_rank(vectors)[rows].mean())

    return max(product(settings, numbers), key=quality)


# --8<-- [start:gain]
def held_out_gain(
    settings: Float[Array, "settings queries"],
    plain: Float[Array, " queries"],
    development: Bool[Array, " queries"],
) -> PairedDifference:
    """What the setting that is best on the development half gains on the other half.

    Args:
        settings: a measure of each query under each setting that was tried.
        plain: the same measure of what the setting replaces.
        development: True for the queries that choose; the others report.

    Returns:
        The mean gain and the ends of its 95% interval.
    """
    best = jnp.argmax(settings[:, development].mean(axis=1))
    return paired_difference(settings[best][~development], plain[~development])


# --8<-- [end:gain]
