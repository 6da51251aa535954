"""How far down a ranking the answer stands, for queries with one answer or several spans."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


def ranks(scores: Float[Array, "*lists documents"]) -> Int[Array, "*lists documents"]:
    """The rank of each document, 1 for the best; of equal ones the first comes first."""
    order = jnp.argsort(-scores, axis=-1, stable=True)
    return jnp.argsort(order, axis=-1, stable=True) + 1


@jax.jit
def answer_ranks(
    scores: Float[Array, "queries documents"], relevant: Bool[Array, "queries *spans documents"]
) -> Int[Array, "queries *spans"]:
    """The rank of the first relevant document, from 1; with an axis of spans, of each span.

    Args:
        scores: of every document, larger is better.
        relevant: True where a document holds the answer.

    Returns:
        Ranks from 1; the number of documents plus 1 where no document is relevant.
    """
    order = ranks(scores)
    order = order.reshape(order.shape[0], *(1,) * (relevant.ndim - 2), order.shape[1])
    return jnp.min(jnp.where(relevant, order, scores.shape[1] + 1), axis=-1)


def recall_at(answer_ranks: Int[Array, "queries *spans"], k: int) -> Float[Array, " queries"]:
    """The share of a query's answers that are among the first k; the mean is recall@k.

    Several chunks may hold one answer: one of them is enough. Without an axis of spans each query
    has one answer, and is 1 where it was found and else 0.

    Args:
        answer_ranks: rank of each answer, from 1.
        k: number of documents looked at.

    Returns:
        A share for each query, 0 to 1.
    """
    found = jnp.where(answer_ranks <= k, 1.0, 0.0)
    return found.reshape(found.shape[0], -1).mean(1)


def reciprocal_rank_at(answer_ranks: Int[Array, " queries"], k: int) -> Float[Array, " queries"]:
    """1 / rank of the answer, 0 beyond rank k; the mean is MRR@k.

    Args:
        answer_ranks: rank of each query's answer, from 1.
        k: number of documents looked at.

    Returns:
        One number a query, 0 to 1.
    """
    return jnp.where(answer_ranks <= k, 1.0 / answer_ranks, 0.0)
