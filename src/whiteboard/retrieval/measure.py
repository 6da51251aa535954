"""How far down the answer stands, and how sure one can be of a difference."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.stats import binomtest

from whiteboard.retrieval.fusion import ranks


@jax.jit
def answer_ranks(
    scores: Float[Array, "queries documents"], relevant: Bool[Array, "queries *spans documents"]
) -> Int[Array, "queries *spans"]:
    """The rank of the first relevant document, from 1; with an axis of spans, of each span."""
    order = ranks(scores)
    order = order.reshape(order.shape[0], *(1,) * (relevant.ndim - 2), order.shape[1])
    return jnp.min(jnp.where(relevant, order, scores.shape[1] + 1), axis=-1)


def recall_at(answer_ranks: Int[Array, "queries *spans"], k: int) -> Float[Array, " queries"]:
    """The share of a query's answers that are among the first k; the mean is recall@k.

    Several chunks may hold one answer: one of them is enough. Without an axis of spans each query
    has one answer, and is 1 where it was found and else 0.
    """
    found = jnp.where(answer_ranks <= k, 1.0, 0.0)
    return found.reshape(found.shape[0], -1).mean(1)


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


@dataclass(frozen=True)
class PairedDifference:
    """A mean difference between two retrievers on the same queries, and its 95% interval.

    >>> print(PairedDifference(0.012, -0.11, 0.12))
    +0.012 [-0.11, +0.12] within its interval
    """

    difference: float
    low: float
    high: float

    @property
    def within(self) -> bool:
        """Whether the interval holds 0: neither is shown to be ahead."""
        return self.low <= 0 <= self.high

    def __str__(self) -> str:
        interval = f"{self.difference:+.3f} [{self.low:+.2f}, {self.high:+.2f}]"
        return f"{interval} within its interval" if self.within else interval


def paired_difference(
    ahead: Float[Array, " queries"], behind: Float[Array, " same_queries"]
) -> PairedDifference:
    """mean(ahead - behind) with the bootstrap interval of the differences, query by query.

    Args:
      ahead: a measure of each query, such as `recall_at` gives.
      behind: the same measure of the same queries, by another retriever.

    Raises: ValueError when they are not of the same queries, or of none.
    """
    if ahead.shape != behind.shape or not len(ahead):
        raise ValueError(
            f"wanted one value a query from each, got {ahead.shape} and {behind.shape}; "
            "a bootstrap needs the same queries in the same order"
        )
    gain = ahead - behind
    return PairedDifference(float(gain.mean()), *bootstrap_interval(gain))
