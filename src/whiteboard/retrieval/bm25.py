"""BM25 over an inverted index: every posting's score computed once, a query only adds them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

_SMALLEST = 1024  # postings a program is compiled for; then by doubling


# --8<-- [start:idf]
def lucene_idf(
    document_frequency: Float[Array, " terms"], num_documents: int
) -> Float[Array, " terms"]:
    """How much a term tells: ln(1 + (N - n + 0.5) / (n + 0.5)), for a term in n of N documents.

    The 1 keeps it positive. Without it (Robertson's form) a term in more than half of the documents
    counts against those that hold it.

    Source: Robertson and Zaragoza 2009, section 3; the 1 is Lucene's (BM25Similarity).

    Args:
        document_frequency: n, number of documents that hold each term.
        num_documents: N, documents in the index.

    Returns:
        The weight of each term, above 0.
    """
    n = document_frequency
    return jnp.log1p((num_documents - n + 0.5) / (n + 0.5))


# --8<-- [end:idf]


# --8<-- [start:saturation]
def saturation(
    count: Float[Array, " postings"],
    length: Float[Array, " postings"],
    mean_length: float,
    k1: float = 1.2,
    b: float = 0.75,
) -> Float[Array, " postings"]:
    """What repeats are worth: f / (f + k1 (1 - b + b L / mean L)), from 0 towards 1.

    Args:
        count: f, how often the term occurs in the document.
        length: L, number of the document's terms, with repeats.
        mean_length: the mean L of all documents.
        k1: at f = k1 a document of mean length is half saturated; 0 ignores counts.
        b: how much length counts against a document: 0 not at all, 1 in full.

    Returns:
        One factor a posting, 0 to 1.

    Source: Robertson and Zaragoza 2009, section 3.4; without its constant k1 + 1, as in Lucene.
    """
    return count / (count + k1 * (1 - b + b * length / mean_length))


# --8<-- [end:saturation]


@dataclass(frozen=True)
class BM25:
    """An inverted index: the postings of term t are `starts[t]` to `starts[t + 1]` of the arrays.

    Attributes:
        vocabulary: the terms and their numbers.
        starts: where each term's postings start, and where the last one's end. On the host.
        documents: the document of each posting.
        scores: what each posting adds to its document: idf times saturation.
        num_documents: N.
    """

    vocabulary: dict[str, int]
    starts: Int[np.ndarray, " boundaries"]
    documents: Int[Array, " postings"]
    scores: Float[Array, " postings"]
    num_documents: int

    @classmethod
    def build(
        cls,
        documents: Sequence[Sequence[str]],
        *,
        k1: float = 1.2,
        b: float = 0.75,
        idf: Callable = lucene_idf,
    ) -> BM25:
        """The index of documents given as lists of terms.

        Args:
            documents: terms of each document, in order.
            k1: how soon repeats saturate; see `saturation`.
            b: how much length counts against a document, 0 to 1.
            idf: function of document frequencies and number of documents.

        Returns:
            The index.

        Raises:
            ValueError: when there is no term, k1 is negative or b outside 0 to 1.
        """
        if k1 < 0 or not 0 <= b <= 1:
            raise ValueError(f"wanted k1 of 0 or more and b from 0 to 1, got k1 {k1} and b {b}")
        vocabulary: dict[str, int] = {}
        rows = [
            (vocabulary.setdefault(term, len(vocabulary)), number, count)
            for number, terms in enumerate(documents)
            for term, count in Counter(terms).items()
        ]
        if not rows:
            raise ValueError(f"the {len(documents)} documents hold no term: nothing to index")
        term, document, count = np.array(sorted(rows), np.int32).T
        lengths = np.array([len(terms) for terms in documents], np.float32)
        frequency = np.bincount(term, minlength=len(vocabulary))
        weights = idf(jnp.asarray(frequency, jnp.float32), len(documents))
        mean, length = float(lengths.mean()), jnp.asarray(lengths[document])
        scores = weights[term] * saturation(jnp.asarray(count, jnp.float32), length, mean, k1, b)
        starts = np.concatenate([[0], np.cumsum(frequency)])
        return cls(vocabulary, starts, jnp.asarray(document), scores, len(documents))

    def score(self, queries: Sequence[Sequence[str]]) -> Float[Array, "queries documents"]:
        """The score of each document for each query: the sum over the query's terms.

        A term twice in the query counts twice, an unknown one not at all. A document without any of
        the terms has 0: it was not found.
        """
        terms = [[self.vocabulary.get(term, -1) for term in query] for query in queries]
        row = np.repeat(np.arange(len(queries)), [len(query) for query in terms])
        term = np.array([number for query in terms for number in query], np.int64)
        row, term = row[term >= 0], term[term >= 0]
        first, counts = self.starts[term], self.starts[term + 1] - self.starts[term]
        return _add_up(
            self.documents,
            self.scores,
            *_expand(row, first, counts),
            shape=(len(queries), self.num_documents),
        )

    def document_vector(
        self, number: int
    ) -> tuple[Int[np.ndarray, " terms"], Float[np.ndarray, " terms"]]:
        """A document as a sparse vector: its terms' numbers, and what each adds to a score.

        Its dot product with a query's term counts is the BM25 score.
        """
        postings = np.flatnonzero(np.asarray(self.documents) == number)
        terms = np.searchsorted(self.starts, postings, side="right") - 1
        return terms, np.asarray(self.scores)[postings]


def _expand(
    row: np.ndarray, first: np.ndarray, counts: np.ndarray
) -> tuple[Int[np.ndarray, " size"], Int[np.ndarray, " size"]]:
    """Query and place of every posting to add, filled up to a size that is already compiled.

    Those that only fill belong to query -1, which the sum drops.
    """
    total = int(counts.sum())
    size = max(_SMALLEST, 1 << (total - 1).bit_length())
    rows, places = np.full(size, -1, np.int32), np.zeros(size, np.int32)
    rows[:total] = np.repeat(row.astype(np.int32), counts)
    shifts = (first - np.cumsum(counts) + counts).astype(np.int32)
    np.add(np.arange(total, dtype=np.int32), np.repeat(shifts, counts), out=places[:total])
    return rows, places


@partial(jax.jit, static_argnames="shape")
def _add_up(
    documents: Int[Array, " postings"],
    scores: Float[Array, " postings"],
    rows: Int[Array, " size"],
    places: Int[Array, " size"],
    *,
    shape: tuple[int, int],
) -> Float[Array, "queries documents"]:
    cells = shape[0] * shape[1]
    cell = jnp.where(rows < 0, cells, rows * shape[1] + documents[places])  # past the end: dropped
    return jnp.zeros(cells).at[cell].add(scores[places], mode="drop").reshape(shape)
