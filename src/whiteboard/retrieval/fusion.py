"""Two rankings into one: by ranks, or by scores brought to one scale."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from whiteboard.evaluation.answer_ranks import ranks


# --8<-- [start:rrf]
def reciprocal_rank_fusion(
    ranks: Int[Array, "lists documents"],
    found: Bool[Array, "lists documents"],
    k: float = 60.0,
) -> Float[Array, " documents"]:
    """RRF(d) = sum over the lists that found d of 1 / (k + rank of d).

    Args:
        ranks: rank of each document in each list, from 1.
        found: whether the list holds the document; if not, it adds nothing.
        k: how flat the sum is. At 60, rank 61 is worth half of rank 1.

    Returns:
        The fused score of each document, larger is better.

    Source: Cormack, Clarke and Buettcher, SIGIR 2009.
    """
    return jnp.sum(jnp.where(found, 1.0 / (k + ranks), 0.0), axis=0)


# --8<-- [end:rrf]


# --8<-- [start:convex]
def convex_fusion(
    lexical: Float[Array, " documents"],
    cosine: Float[Array, " documents"],
    weight: float | Float[Array, ""] = 0.5,
) -> Float[Array, " documents"]:
    """weight * dense + (1 - weight) * lexical, each first brought to 0..1.

    A score s becomes (s - low) / (max - low). `low` is the least the score can be: 0 for BM25, -1
    for a cosine. So the worst document found does not become a 0 that depends on what else was
    found.

    Source: Bruch, Gai and Ingber, arXiv 2210.11934 (there called TM2C2).

    Args:
        lexical: BM25 scores, 0 or more.
        cosine: cosines, -1 to 1.
        weight: of the dense scores, 0 to 1.

    Returns:
        The fused score of each document, 0 to 1.
    """

    def scaled(scores: Float[Array, " documents"], low: float) -> Float[Array, " documents"]:
        return (scores - low) / jnp.maximum(jnp.max(scores) - low, 1e-12)

    return weight * scaled(cosine, -1.0) + (1 - weight) * scaled(lexical, 0.0)


# --8<-- [end:convex]


def fuse_ranks(
    scores: Float[Array, "lists documents"],
    floors: Float[Array, " lists"],
    *,
    depth: int = 100,
    k: float = 60.0,
) -> Float[Array, " documents"]:
    """Reciprocal rank fusion of score lists, each cut to its best `depth` documents.

    Args:
        scores: one row a retriever, larger is better.
        floors: of each row: a score that is not above it means "not found"; 0 for BM25, -2 (none)
            for a cosine.
        depth: documents of each list that count.
        k: how flat the sum is; see `reciprocal_rank_fusion`.

    Returns:
        The fused score of each document, larger is better.
    """
    order = ranks(scores)
    return reciprocal_rank_fusion(order, (order <= depth) & (scores > floors[:, None]), k)
