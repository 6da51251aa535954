"""How far down the answer stands, and how sure one can be of a difference."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.stats import binomtest

from whiteboard.retrieval.fusion import ranks


@jax.jit
def answer_ranks(
    scores: Float[Array, "queries documents"], relevant: Bool[Array, "queries documents"]
) -> Int[Array, " queries"]:
    """The rank of the first relevant document of each query, from 1."""
    behind = jnp.where(relevant, ranks(scores), scores.shape[1] + 1)
    return jnp.min(behind, axis=1)


def recall_at(answer_ranks: Int[Array, " queries"], k: int) -> Float[Array, " queries"]:
    """1 where the answer is among the first k, else 0; the mean is recall@k.

    Each query has one answer, which several chunks may hold: one of them is enough. With several
    answers a query this would be the hit rate, and recall their share that was found.
    """
    return jnp.where(answer_ranks <= k, 1.0, 0.0)


def reciprocal_rank_at(answer_ranks: Int[Array, " queries"], k: int) -> Float[Array, " queries"]:
    """1 / rank of the answer, 0 beyond rank k; the mean is MRR@k."""
    return jnp.where(answer_ranks <= k, 1.0 / answer_ranks, 0.0)


def wilson_interval(hits: Float[Array, " queries"]) -> tuple[float, float]:
    """The 95% interval of a share of hits; unlike a bootstrap it has a width when all hit.

    Source: Wilson 1927; Brown, Cai and DasGupta, Statistical Science 16(2), 2001, section 3.
    """
    result = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return float(result.low), float(result.high)


def bootstrap_interval(
    values: Float[Array, " queries"], *, draws: int = 10_000, seed: int = 0
) -> tuple[float, float]:
    """The 95% interval of the mean: queries drawn again with replacement (percentile bootstrap).

    For a difference of two retrievers give the differences query by query: paired, the hard queries
    that both fail cancel. It says what other queries of this kind would give, not other corpora.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    sample = np.asarray(values, np.float64)
    drawn = np.random.default_rng(seed).integers(len(sample), size=(draws, len(sample)))
    low, high = np.quantile(sample[drawn].mean(1), [0.025, 0.975])
    return float(low), float(high)
