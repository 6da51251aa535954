"""How sure one can be of a share, of a mean, and of a difference on the same queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float
from scipy.stats import binomtest


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

    Args:
        values: a measure of each query, or its difference between two systems.
        draws: number of resamples.
        seed: of the resamples.

    Returns:
        Lower and upper end.
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

    Returns:
        The mean difference and the ends of its 95% interval.

    Raises:
        ValueError: when they are not of the same queries, or of none.
    """
    if ahead.shape != behind.shape or not len(ahead):
        raise ValueError(
            f"wanted one value a query from each, got {ahead.shape} and {behind.shape}; "
            "a bootstrap needs the same queries in the same order"
        )
    gain = ahead - behind
    return PairedDifference(float(gain.mean()), *bootstrap_interval(gain))
