"""Every way of cutting, put to the same labelled queries at the same cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from whiteboard.data import Query
from whiteboard.data.queries import places
from whiteboard.encoder import SentenceEncoder
from whiteboard.evaluation.intervals import paired_difference
from whiteboard.retrieval.chunking import (
    Encode,
    Families,
    semantic_chunks,
    sentence_chunks,
    small_to_big,
    structure_chunks,
)
from whiteboard.retrieval.coverage import TokenCounts, coverage
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.passages import Chunk, fixed_chunks

Cut = Callable[[Mapping[str, str], int, Encode], list[Chunk] | Families]
STRATEGIES: dict[str, Cut] = {
    "fixed": lambda texts, size, _: fixed_chunks(texts, size=size, overlap=0),
    "overlap": lambda texts, size, _: fixed_chunks(texts, size=size, overlap=size // 6),
    "sentence": lambda texts, size, _: sentence_chunks(texts, size=size),
    "semantic": lambda texts, size, encode: semantic_chunks(texts, encode, size=size),
    "structure": lambda texts, size, _: structure_chunks(texts, size=size),
    "small to big": lambda texts, size, _: small_to_big(texts, size=size),
}


@dataclass(frozen=True)
class Outcome:
    """What each query got from one way of cutting; a mean over queries is the measure.

    Attributes:
        recall: share of the answers' characters in the best k chunks.
        precision: share of those chunks' characters that belong to an answer.
        tokens: what the k chunks cost in a prompt, by the encoder's tokenizer.
        at_budget: recall of as many chunks as a budget of tokens pays, the last one cut to fit.
    """

    recall: Float[Array, " queries"]
    precision: Float[Array, " queries"]
    tokens: Float[Array, " queries"]
    at_budget: Float[Array, " queries"]


@dataclass(frozen=True)
class ChunkStudy:
    """One corpus, its queries, and what encodes both.

    Attributes:
        documents: text by name.
        queries: with their answers among the documents.
        model: the encoder that ranks by cosine, and whose tokenizer counts.
        encode: vectors of passages; `model.encode`, or the same with a cache before it.
    """

    documents: Mapping[str, str]
    queries: Sequence[Query]
    model: SentenceEncoder
    encode: Encode

    @cached_property
    def counts(self) -> TokenCounts:
        """The tokens of any part of a document."""
        return TokenCounts(self.documents, self.model.tokenizer)

    def outcome(
        self, chunks: Sequence[Chunk] | Families, *, k: int = 5, budget: int = 1000
    ) -> Outcome:
        """Dense retrieval over the chunks, query by query.

        Args:
            chunks: one strategy's chunks, or children with their parents.
            k: passages that the reader gets.
            budget: tokens that the reader may spend instead.

        Returns:
            Recall, precision and tokens of each query.
        """
        families = chunks if isinstance(chunks, Families) else _alone(chunks)
        vectors = self.encode([child.text for child in families.children])
        texts = [query.text for query in self.queries]
        scores = np.asarray(cosine_scores(self.model.encode(texts), vectors))
        order = np.argsort(-scores, axis=1, kind="stable").tolist()
        rows = []
        for query, ranked in zip(self.queries, order, strict=True):
            answers = [list(places(span.text, self.documents)) for span in query.spans]
            first = list(islice(families.parents_of(ranked), k))
            paid = self.counts.within(families.parents_of(ranked), budget)
            spent = sum(self.counts.tokens(passage) for passage in first)
            rows.append((*coverage(answers, first), spent, coverage(answers, paid)[0]))
        return Outcome(*(jnp.asarray(column, jnp.float32) for column in zip(*rows, strict=True)))


# --8<-- [start:not-beaten]
def not_beaten(values: Mapping[str, Float[Array, " queries"]]) -> set[str]:
    """Those that the best mean is not shown to be ahead of: 0 lies in the paired interval.

    Args:
        values: a measure of the same queries, by strategy.
    """
    best = max(values, key=lambda name: float(values[name].mean()))
    return {name for name, row in values.items() if paired_difference(values[best], row).within}


# --8<-- [end:not-beaten]


def _alone(chunks: Sequence[Chunk]) -> Families:
    """Chunks that are handed on as they were found."""
    return Families(list(chunks), list(chunks), np.arange(len(chunks), dtype=np.int32))
