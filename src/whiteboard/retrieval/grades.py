"""Graded labels of chunks: by how much of an answer each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from whiteboard.data import Query
from whiteboard.data.queries import places
from whiteboard.retrieval.passages import Chunk

WHOLE, HALF, UNJUDGED = 2, 1, -1


def graded_answers(
    queries: Sequence[Query], chunks: Sequence[Chunk], documents: Mapping[str, str]
) -> Int[Array, "queries chunks"]:
    """2 for a chunk that holds a whole place where an answer stands, 1 for at least half of one.

    All others are -1: nobody has read them for this query. One may answer in other words.

    Args:
        queries: with the words of their answers.
        chunks: passages to grade.
        documents: text by name, in which the answers are found.

    Returns:
        A grade for each query and chunk.
    """
    grades = np.full((len(queries), len(chunks)), UNJUDGED)
    in_document = {
        name: [n for n, chunk in enumerate(chunks) if chunk.document == name] for name in documents
    }
    for row, query in enumerate(queries):
        for place in (p for span in query.spans for p in places(span.text, documents)):
            for n in in_document[place.document]:
                shared = min(place.end, chunks[n].end) - max(place.start, chunks[n].start)
                length = place.end - place.start
                grade = WHOLE if shared == length else HALF if 2 * shared >= length else UNJUDGED
                grades[row, n] = max(grades[row, n], grade)
    return jnp.asarray(grades)
