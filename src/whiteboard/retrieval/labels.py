"""Which chunks answer a labelled query: by span, since topics overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from whiteboard.data.queries import Query, places
from whiteboard.retrieval.passages import Chunk


def answers(
    queries: Sequence[Query], chunks: Sequence[Chunk], documents: Mapping[str, str]
) -> Bool[Array, "queries spans chunks"]:
    """True where a chunk holds at least half of a place where that answer of the query stands.

    There are as many spans as the largest number of them that one query has. Beside a query of two,
    one that has a single span has it twice: so a mean over spans, and whether all of them were
    found, are right for both.

    Args:
        queries: with the words of their answers.
        chunks: passages of the corpus.
        documents: text by name, in which the answers are found.

    Returns:
        Relevance by query, answer span and chunk.

    Raises:
        ValueError: for a query that no chunk answers.
    """
    number = {name: row for row, name in enumerate(documents)}
    owners = np.array([number.get(chunk.document, -1) for chunk in chunks])
    starts = np.array([chunk.start for chunk in chunks])
    ends = np.array([chunk.end for chunk in chunks])
    width = max((len(query.spans) for query in queries), default=1)
    found = np.zeros((len(queries), width, len(chunks)), bool)
    for row, query in enumerate(queries):
        for column in range(width):
            span = query.spans[min(column, len(query.spans) - 1)]
            for place in places(span.text, documents):
                shared = np.minimum(place.end, ends) - np.maximum(place.start, starts)
                half = 2 * shared >= place.end - place.start
                found[row, column] |= (owners == number[place.document]) & half
            if not found[row, column].any():
                raise ValueError(
                    f"no chunk holds half of the answer to {query.text!r}: make them larger"
                )
    return jnp.asarray(found)
