"""How many labelled queries an interval or a difference needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float
from scipy.stats import binomtest

CONFIDENCES, POWERS = (0.9, 0.95, 0.99), (0.8, 0.9, 0.95)


def two_sided(confidence: float) -> float:
    """z with that probability between -z and z: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


# --8<-- [start:paired]
def queries_needed(
    first: Float[Array, " queries"],
    second: Float[Array, " queries"],
    difference: float,
    *,
    confidence: float = 0.95,
    power: float = 0.8,
) -> Float[Array, ""]:
    """((z_confidence + z_power) * sd of the differences / difference)^2.

    So many queries, asked of both systems, show a true difference of this size with probability
    `power`. The hard queries that both fail have a difference of 0, and cost nothing.

    Args:
        first: a metric of one system, query by query, from a pilot.
        second: the same metric of the other system for the same queries.
        difference: smallest difference of the means that matters.
        confidence: of the two-sided interval.
        power: probability of showing a true difference of that size.

    Returns:
        A number of queries, not rounded.
    """
    z = two_sided(confidence) + NormalDist().inv_cdf(power)
    return (z * jnp.std(first - second, ddof=1) / difference) ** 2


# --8<-- [end:paired]


@dataclass(frozen=True)
class Plan:
    """What is to be told apart; all are shares, from 0 to 1.

    Attributes:
        rate: hit rate of the present system.
        difference: the least change that matters.
        disagree: share of queries that one system hits and the other misses.
        spread: standard deviation of the differences of a graded metric, nDCG say.
        confidence: 1 - the chance to see a difference where there is none.
        power: the chance to see a difference of this size.
    """

    rate: float
    difference: float
    disagree: float
    spread: float
    confidence: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        if not 0 < self.difference <= self.disagree <= 1:
            raise ValueError(
                "wanted 0 < difference <= disagree <= 1: the rates differ only where the systems "
                f"disagree; got {self.difference} and {self.disagree}"
            )
        if not 0 <= self.rate <= 1 - self.difference:
            raise ValueError(
                f"rate: wanted 0 to {1 - self.difference:g} (1 - difference), got {self.rate}"
            )


# --8<-- [start:plan]
def queries_for(plan: Plan) -> dict[str, int]:
    """How many queries four questions take.

    interval: the rate alone, to +- difference: z^2 p (1 - p) / d^2.
    separate: a rise of the rate by d, each system on its own queries, so many for each:
      (z + z_power)^2 (p (1 - p) + q (1 - q)) / d^2 with q = p + d.
    paired: the same on the same queries, by McNemar's test:
      (z sqrt(disagree) + z_power sqrt(disagree - d^2))^2 / d^2.
    graded: the mean of a graded metric by d, on the same queries: ((z + z_power) spread / d)^2.

    Source of paired: Connor, Biometrics 43(1), 1987.
    """
    z, z_power = two_sided(plan.confidence), NormalDist().inv_cdf(plan.power)
    p, d = plan.rate, plan.difference
    spread = p * (1 - p) + (p + d) * (1 - p - d)
    disagreeing = z * math.sqrt(plan.disagree) + z_power * math.sqrt(plan.disagree - d**2)
    needed = {
        "interval": z**2 * p * (1 - p) / d**2,
        "separate": (z + z_power) ** 2 * spread / d**2,
        "paired": (disagreeing / d) ** 2,
        "graded": ((z + z_power) * plan.spread / d) ** 2,
    }
    # A hair off, so that a count that is whole but for rounding is not raised by one.
    return {name: math.ceil(value - 1e-9) for name, value in needed.items()}


# --8<-- [end:plan]


def mcnemar(gained: int, lost: int) -> float:
    """p-value of "no better": only the queries count on which two systems disagree.

    If neither is better, each such query falls to either side like a coin (exact binomial test).

    Args:
        gained: queries that only the second system hits.
        lost: queries that only the first system hits.

    Returns:
        The two-sided p-value; 1 when the systems never disagree.

    Source: McNemar, Psychometrika 12(2), 1947.
    """
    return float(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0


def calculator() -> Mapping[str, Any]:
    """The data of the widget `sample-size`: the normal quantiles that its choices stand for."""
    return {
        "confidences": [{"share": share, "z": two_sided(share)} for share in CONFIDENCES],
        "powers": [{"share": share, "z": NormalDist().inv_cdf(share)} for share in POWERS],
    }
