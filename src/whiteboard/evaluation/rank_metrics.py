"""How good a ranking is: hit rate, recall, precision, MRR, MAP and nDCG from graded labels.

Every function takes `grades`, the label of each document for each query (0 irrelevant, larger is
better, -1 not judged), and `order`, the numbers of the documents that were retrieved, best first
(-1 for an empty place at the end), and gives one number a query: their mean is the metric. A
document is relevant from grade `level` on; one that was not judged is taken as irrelevant, so
report `unjudged.judged_share` beside. A query without a relevant document has 0 everywhere, as in
trec_eval.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped


# --8<-- [start:order]
def best_first(
    scores: Float[Array, "queries documents"], names: Int[Array, " documents"]
) -> Int[Array, "queries documents"]:
    """Numbers of the documents by falling score; of equal scores the larger name comes first.

    Args:
        scores: of every document.
        names: the place of each document's identifier in sorted order. Where a document happens to
            lie in the index must not decide its rank.

    Returns:
        The documents of each query, best first.

    Source: trec_eval sorts so too.
    """
    return jnp.lexsort((jnp.broadcast_to(-names, scores.shape), -scores), axis=-1)


# --8<-- [end:order]


def grades_in_order(
    grades: Int[Array, "queries documents"], order: Int[Array, "queries places"]
) -> Int[Array, "queries places"]:
    """The label of the document at each place; -1 also for an empty place.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.

    Returns:
        A label for each place.
    """
    labels = jnp.take_along_axis(grades, jnp.maximum(order, 0), axis=1)
    return jnp.where(order >= 0, labels, -1)


# --8<-- [start:sets]
def hit_rate(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int = 1,
) -> Float[Array, " queries"]:
    """1 if a relevant document is among the first k, else 0. Also called success@k.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.
        level: lowest grade that is relevant.

    Returns:
        0 or 1 for each query.
    """
    return jnp.any(_relevant(grades, order, k, level), axis=1) * 1.0


def recall(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int = 1,
) -> Float[Array, " queries"]:
    """|relevant among the first k| / |relevant|.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.
        level: lowest grade that is relevant.

    Returns:
        A share for each query; 0 if it has no relevant document.
    """
    found = jnp.sum(_relevant(grades, order, k, level), axis=1)
    return found / _at_least_1(jnp.sum(grades >= level, axis=1))


def precision(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int = 1,
) -> Float[Array, " queries"]:
    """|relevant among the first k| / k, also when fewer than k were retrieved.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.
        level: lowest grade that is relevant.

    Returns:
        A share for each query.
    """
    return jnp.sum(_relevant(grades, order, k, level), axis=1) / k


# --8<-- [end:sets]


# --8<-- [start:ranks]
def reciprocal_rank(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int = 1,
) -> Float[Array, " queries"]:
    """1 / the rank of the first relevant document, 0 beyond rank k; the mean is MRR@k.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.
        level: lowest grade that is relevant.

    Returns:
        A number from 0 to 1 for each query.
    """
    relevant = _relevant(grades, order, k, level)
    return jnp.max(relevant / _ranks(relevant), axis=1)


def average_precision(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int = 1,
) -> Float[Array, " queries"]:
    """The sum of precision@i over the ranks i <= k of relevant documents / |relevant|.

    Relevant documents that were not found count with precision 0. The mean is MAP@k.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.
        level: lowest grade that is relevant.

    Returns:
        A number from 0 to 1 for each query.
    """
    relevant = _relevant(grades, order, k, level)
    precisions = jnp.cumsum(relevant, axis=1) / _ranks(relevant)
    total = _at_least_1(jnp.sum(grades >= level, axis=1))
    return jnp.sum(relevant * precisions, axis=1) / total


def ndcg(
    grades: Int[Array, "queries documents"], order: Int[Array, "queries places"], k: int
) -> Float[Array, " queries"]:
    """DCG of the ranking / DCG of the best possible one, where DCG = sum of grade / log2(rank + 1).

    The best possible ranking is of all judged documents, found or not. The gain is the grade, as
    in trec_eval; with gains of 2^grade - 1, also in use, give those as grades.

    Source: Jarvelin and Kekalainen, TOIS 20(4), 2002, with the discount of Burges et al. 2005.

    Args:
        grades: label of each document.
        order: retrieved documents, best first.
        k: places looked at.

    Returns:
        A number from 0 to 1 for each query.
    """
    best = -jnp.sort(-grades, axis=1)
    return _dcg(grades_in_order(grades, order)[:, : checked_cut(k)]) / jnp.maximum(
        _dcg(best[:, :k]), 1e-12
    )


def _dcg(grades: Int[Array, "queries places"]) -> Float[Array, " queries"]:
    return jnp.sum(jnp.maximum(grades, 0) / jnp.log2(_ranks(grades) + 1.0), axis=1)


# --8<-- [end:ranks]


def _relevant(
    grades: Int[Array, "queries documents"],
    order: Int[Array, "queries places"],
    k: int,
    level: int,
) -> Bool[Array, "queries first"]:
    return grades_in_order(grades, order)[:, : checked_cut(k)] >= level


def checked_cut(k: int) -> int:
    """The number of places looked at, refused below 1."""
    if k < 1:
        raise ValueError(f"k: wanted 1 or more (the places looked at), got {k}")
    return k


def _ranks(rows: Shaped[Array, "queries places"]) -> Int[Array, "1 places"]:
    return jnp.arange(1, rows.shape[1] + 1)[None]


def _at_least_1(counts: Int[Array, " queries"]) -> Int[Array, " queries"]:
    """So that nothing is divided by the 0 relevant documents of a query."""
    return jnp.maximum(counts, 1)
