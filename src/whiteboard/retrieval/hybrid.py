"""The two searches and their fusions over one corpus of chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from whiteboard import encoder
from whiteboard.data import python_topics
from whiteboard.encoder import SentenceEncoder
from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.bm25 import BM25
from whiteboard.retrieval.dense import cosine_scores, top_k
from whiteboard.retrieval.fusion import convex_fusion, fuse_ranks
from whiteboard.retrieval.passages import Chunk, fixed_chunks

Scores = Float[Array, "queries documents"]
WAYS = ("BM25", "dense", "RRF")


class Hit(NamedTuple):
    """A passage that was found, and its score by the way that found it."""

    chunk: Chunk
    score: float


@dataclass(frozen=True)
class HybridIndex:
    """An inverted index and a matrix of vectors over the same chunks."""

    chunks: tuple[Chunk, ...]
    bm25: BM25
    vectors: Float[Array, "documents dim"]
    encoder: SentenceEncoder

    @classmethod
    def build(cls, chunks: Sequence[Chunk], sentence_encoder: SentenceEncoder) -> HybridIndex:
        """Index the chunks; their vectors come from disk when they were made before.

        Args:
            chunks: passages to index.
            sentence_encoder: computes their vectors.

        Returns:
            The index.
        """
        texts = [chunk.text for chunk in chunks]
        bm25 = BM25.build([analyze(text) for text in texts])
        vectors = encoder.encode_corpus(sentence_encoder, texts)
        return cls(tuple(chunks), bm25, vectors, sentence_encoder)

    def retrieve(self, queries: Sequence[str]) -> tuple[Scores, Scores]:
        """The BM25 scores and the cosines of every chunk for each query."""
        lexical = self.bm25.score([analyze(query) for query in queries])
        return lexical, cosine_scores(self.encoder.encode(queries), self.vectors)

    def search(self, query: str, k: int = 10, *, way: str = "RRF") -> list[Hit]:
        """The k best passages, best first; what BM25 gives 0 is no hit.

        Args:
            query: any text, though the encoder reads its first 256 tokens only.
            k: most passages.
            way: one of `WAYS`.

        Returns:
            Passages with their scores, best first.

        Raises:
            ValueError: for another way, a k below 1, or a query without a letter or digit.
        """
        check_search(query, k, way)
        scores = self.scores([query])[way][0]
        values, numbers = top_k(scores, min(k, len(self.chunks)))
        found = zip(values.tolist(), numbers.tolist(), strict=True)
        return [Hit(self.chunks[n], value) for value, n in found if way == "dense" or value > 0]

    def scores(self, queries: Sequence[str], *, weight: float = 0.5) -> dict[str, Scores]:
        """The scores of every chunk for each query, by the retriever's or the fusion's name.

        Args:
            queries: texts to search with.
            weight: of the dense scores in the convex fusion, 0 to 1.

        Returns:
            Scores by name: "BM25", "dense", "RRF" and "convex".
        """
        lexical, dense = self.retrieve(queries)
        return {"BM25": lexical, "dense": dense} | fuse(lexical, dense, weight)


def check_search(query: str, k: int, way: str) -> None:
    """Refuse what no search can answer.

    Args:
        query: text to search with.
        k: passages wanted.
        way: retriever or fusion, one of `WAYS`.

    Raises:
        ValueError: one of the three cannot be used; the message says what to do.
    """
    if way not in WAYS:
        raise ValueError(f"way: wanted one of {', '.join(WAYS)}, got {way!r}")
    if k < 1:
        raise ValueError(f"k: wanted 1 or more, got {k}")
    if not any(character.isalnum() for character in query):
        raise ValueError(f"query: wanted a letter or a digit to search for, got {query[:40]!r}")


@jax.jit
def fuse(lexical: Scores, dense: Scores, weight: float | Float[Array, ""]) -> dict[str, Scores]:
    """Both fusions of every query's scores.

    Args:
        lexical: BM25 scores; what has 0 was not found.
        dense: cosines.
        weight: of the cosines in the convex fusion, 0 to 1.

    Returns:
        Fused scores by name: "RRF" and "convex".
    """
    both = jnp.stack([lexical, dense], axis=1)
    return {
        "RRF": jax.vmap(fuse_ranks, in_axes=(0, None))(both, jnp.array([0.0, -2.0])),
        "convex": jax.vmap(convex_fusion, in_axes=(0, 0, None))(lexical, dense, weight),
    }


@cache
def python_index() -> HybridIndex:
    """The index of Python's documentation topics, in chunks of 600 characters, with MiniLM."""
    return HybridIndex.build(fixed_chunks(python_topics()), encoder.load())
