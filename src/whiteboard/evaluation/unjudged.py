"""Documents that nobody judged: their share, bounds of precision, and rankings without them.

`grades` and `order` are those of `whiteboard.evaluation.rank_metrics`.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.evaluation.rank_metrics import checked_cut, grades_in_order


def judged_share(
    grades: Int[Array, "queries documents"], order: Int[Array, "queries places"], k: int
) -> Float[Array, " queries"]:
    """The share of the documents among the first k that somebody has judged.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.

    Returns:
        A share for each query; 0 if nothing was retrieved.
    """
    found = order[:, : checked_cut(k)] >= 0
    judged = jnp.sum(found & (grades_in_order(grades, order)[:, :k] >= 0), axis=1)
    return judged / jnp.maximum(jnp.sum(found, axis=1), 1)


def precision_bounds(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int = 1,
) -> Float[Array, "queries 2"]:
    """The least and the largest precision@k that labels of the unjudged documents could give.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.
        level: lowest grade that is relevant.

    Returns:
        Lower and upper bound for each query.
    """
    found = (order >= 0)[:, : checked_cut(k)]
    labels = grades_in_order(grades, order)[:, :k]
    least, unjudged = labels >= level, found & (labels < 0)
    return jnp.stack([jnp.sum(least, 1), jnp.sum(least | unjudged, 1)], axis=1) / k


def condensed(
    grades: Int[Array, "queries documents"], order: Int[Array, "queries places"]
) -> Int[Array, "queries places"]:
    """The ranking without the documents that nobody judged; the others move up.

    Source: Sakai, SIGIR 2007; trec_eval's option -J.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.

    Returns:
        The judged documents in their order, then -1.
    """
    judged = grades_in_order(grades, order) >= 0
    places = jnp.argsort(~judged, axis=1, stable=True)
    kept = jnp.where(judged, order, -1)
    return jnp.take_along_axis(kept, places, axis=1)
