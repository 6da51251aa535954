"""One search against a loop of searches, on every labelled question over Python's topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.data import Query, python_queries, python_topics
from whiteboard.data.chained import chained_queries
from whiteboard.retrieval.bm25 import lucene_idf
from whiteboard.retrieval.graded_stop import covered
from whiteboard.retrieval.hybrid import HybridIndex, python_index
from whiteboard.retrieval.labels import answers
from whiteboard.retrieval.search_loop import Budget, Policy, Trajectory, search_loop

K, CALLS = 5, 3
GROUPS = ("one passage", "two passages", "chained")


@dataclass(frozen=True)
class Study:
    """The questions, what is searched, and every search that was made so far.

    Attributes:
        queries: the golden set and the chained questions.
        groups: of each, one of `GROUPS`.
        index: of the corpus.
        relevant: the chunks that hold each answer.
        idf: of the corpus's terms.
    """

    queries: tuple[Query, ...]
    groups: tuple[str, ...]
    index: HybridIndex
    relevant: Bool[Array, "questions spans chunks"]
    idf: Mapping[str, float]
    _ranked: dict[str, Int[np.ndarray, " chunks"]] = field(default_factory=dict)

    def rows(
        self, group: str | None = None, split: str | None = None
    ) -> Bool[np.ndarray, " questions"]:
        """Which questions are of that group and that half.

        Args:
            group: one of `GROUPS`; all by default.
            split: "development" or "held-out"; both by default.

        Returns:
            True for the questions of that group and split.
        """
        pairs = zip(self.queries, self.groups, strict=True)
        return np.array([group in (None, g) and split in (None, q.split) for q, g in pairs], bool)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the chunks, `topic:start`."""
        return tuple(f"{chunk.document}:{chunk.start}" for chunk in self.index.chunks)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Where the chunk of each name stands."""
        return {name: row for row, name in enumerate(self.names)}

    def ranked(self, texts: Iterable[str]) -> Int[np.ndarray, "texts chunks"]:
        """All chunks for each text, best first, by BM25 and MiniLM fused; new texts in a batch."""
        wanted = list(texts)
        if new := [text for text in dict.fromkeys(wanted) if text not in self._ranked]:
            scores = np.asarray(self.index.scores(new)["RRF"])
            rows = np.argsort(-scores, axis=1, kind="stable").astype(np.int32)
            self._ranked.update(zip(new, rows, strict=True))
        found = [self._ranked[text] for text in wanted]
        return np.array(found, np.int32).reshape(len(found), len(self.index.chunks))

    def search(self, query: str, k: int = K) -> tuple[str, ...]:
        """The names of the k best passages.

        Args:
            query: text with a letter or a digit.
            k: number of passages.

        Returns:
            Names of passages, best first.

        Raises:
            ValueError: nothing to search for.
        """
        if not any(character.isalnum() for character in query):
            raise ValueError(f"query: wanted a letter or a digit, got {query[:40]!r}")
        return tuple(self.names[row] for row in self.ranked([query])[0, :k])

    def texts(self, names: Iterable[str]) -> list[str]:
        """What the passages say."""
        return [self.index.chunks[self.row_of[name]].text for name in names]

    def grade(self, question: str, held: Sequence[str]) -> float:
        """The share of the question's idf that the passages cover.

        Args:
            question: text of the question.
            held: names of the passages found so far.

        Returns:
            A share, 0 to 1.
        """
        return covered(question, self.texts(held), self.idf)

    def one_search(self, k: int) -> Bool[np.ndarray, " questions"]:
        """Whether one search hands on all answers of each question in its first k."""
        first = self.ranked(query.text for query in self.queries)[:, :k]
        return np.array([self._all_in(row, chunks) for row, chunks in enumerate(first.tolist())])

    def answered(self, asked: Mapping[str, Sequence[str]]) -> Bool[np.ndarray, "questions calls"]:
        """Whether all answers are held after each call; a loop that ended keeps what it had.

        Args:
            asked: the queries of each question, in order, by its text; of a question that was not
                put nothing is held.
        """
        return np.array(
            [[self._all_in(n, rows) for rows in held] for n, held in enumerate(self._held(asked))]
        )

    def grades(self, asked: Mapping[str, Sequence[str]]) -> Float[np.ndarray, "questions calls"]:
        """What `grade` says after each call."""
        every = zip(self.queries, self._held(asked), strict=True)
        names = self.names
        return np.array(
            [
                [self.grade(q.text, [names[row] for row in rows]) for rows in held]
                for q, held in every
            ]
        )

    def _held(self, asked: Mapping[str, Sequence[str]]) -> list[list[list[int]]]:
        """The chunks that each question holds after each call."""
        self.ranked(text for texts in asked.values() for text in texts)
        found = []
        for query in self.queries:
            texts = asked.get(query.text, ())
            hits = [self.ranked([text])[0, :K].tolist() for text in texts[:CALLS]]
            upto = [hits[: call + 1] for call in range(CALLS)]
            found.append([[row for rows in some for row in rows] for some in upto])
        return found

    def _all_in(self, question: int, chunks: Sequence[int]) -> bool:
        relevant = np.asarray(self.relevant[question])
        return bool(relevant[:, list(chunks)].any(1).all())

    def run(self, question: str, policy: Policy, *, calls: int = CALLS) -> Trajectory:
        """The loop, with no grade high enough to end it before its calls are spent.

        Args:
            question: text of the question.
            policy: chooses the next query.
            calls: searches that may be made.

        Returns:
            What the loop did.
        """
        return search_loop(
            question,
            search=self.search,
            policy=policy,
            grade=self.grade,
            budget=Budget(calls=calls, tokens=10_000, seconds=600.0),
            enough=2.0,
        )


@cache
def python_study() -> Study:
    """135 questions of the golden set and the 28 chained ones."""
    golden, chained, index = python_queries(), chained_queries(), python_index()
    queries = golden + chained
    groups = tuple(GROUPS[q.kind == "two-hop"] for q in golden) + (GROUPS[2],) * len(chained)
    relevant = answers(queries, index.chunks, python_topics())
    bm25 = index.bm25
    counts = jnp.asarray(np.diff(bm25.starts), jnp.float32)
    idf = np.asarray(lucene_idf(counts, bm25.num_documents)).tolist()
    return Study(queries, groups, index, relevant, dict(zip(bm25.vocabulary, idf)))
