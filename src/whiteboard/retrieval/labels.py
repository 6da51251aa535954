"""Which chunks answer a labelled query: by span, since topics overlap."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from whiteboard.data import PythonQuery
from whiteboard.retrieval.chunk import Chunk


def answer_spans(answer: str, documents: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """Everywhere these words stand: document, start and end, whatever the line breaks between."""
    pattern = re.compile(r"\s+".join(re.escape(word) for word in answer.split()))
    return [
        (name, match.start(), match.end())
        for name, text in documents.items()
        for match in pattern.finditer(text)
    ]


def answers(
    queries: Sequence[PythonQuery], chunks: Sequence[Chunk], documents: Mapping[str, str]
) -> Bool[Array, "queries chunks"]:
    """True where a chunk holds at least half of a place where the query's answer stands.

    Raises: ValueError for a query that no chunk answers.
    """
    found = np.zeros((len(queries), len(chunks)), bool)
    for row, query in enumerate(queries):
        for name, start, end in answer_spans(query.answer, documents):
            for column, chunk in enumerate(chunks):
                shared = min(end, chunk.end) - max(start, chunk.start)
                found[row, column] |= chunk.document == name and 2 * shared >= end - start
        if not found[row].any():
            raise ValueError(
                f"no chunk holds half of the answer to {query.text!r}: make them larger"
            )
    return jnp.asarray(found)
