"""Exact nearest neighbours: one matrix product and a top-k."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


# --8<-- [start:cosine]
def cosine_scores(
    queries: Float[Array, "queries dim"], documents: Float[Array, "documents dim"]
) -> Float[Array, "queries documents"]:
    """cos(q, d) = q . d / (|q| |d|), from -1 to 1. A zero vector is like nothing: 0.

    Encoders give unit vectors mostly; dividing again costs nothing beside the product, and makes
    the length of a vector harmless.
    """
    units = [
        x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), 1e-12)
        for x in (queries, documents)
    ]
    return units[0] @ units[1].T


# --8<-- [end:cosine]


def top_k(
    scores: Float[Array, "*queries documents"], k: int
) -> tuple[Float[Array, "*queries k"], Int[Array, "*queries k"]]:
    """The k best documents, best first; of equal ones the first comes first. Scores and numbers.

    Raises: ValueError when there are fewer than k documents.
    """
    if not 1 <= k <= scores.shape[-1]:
        raise ValueError(f"k: wanted 1 to {scores.shape[-1]} (the documents), got {k}")
    values, numbers = jax.lax.top_k(scores, k)
    return values, numbers
