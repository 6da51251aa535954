"""An isoFLOP study: at each budget the best size, and how it grows from budget to budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray


@dataclass(frozen=True)
class IsoFlopFit:
    """Optimal size against compute: N* = scale C^exponent.

    Attributes:
        optima: N* of each budget, smallest budget first: the lowest point of its parabola.
        losses: the loss there.
        exponent: slope of log N* against log C.
    """

    optima: Float[ndarray, "budgets"]
    losses: Float[ndarray, "budgets"]
    exponent: float


# --8<-- [start:fit]
def parabola_minimum(
    sizes: Float[ndarray, "runs"], losses: Float[ndarray, "runs"]
) -> tuple[float, float]:
    """Lowest point of the parabola through (log N, loss) of one budget, by least squares.

    Args:
        sizes: N of each run of one budget.
        losses: held-out loss of each run, in nats a token.

    Returns:
        The size at the minimum, and the loss there.

    Raises:
        ValueError: fewer than three sizes, or the parabola opens downwards.
    """
    if len(set(sizes.tolist())) < 3:
        raise ValueError(f"a parabola wants three sizes or more, got {sorted(set(sizes.tolist()))}")
    a, b, c = np.polyfit(np.log(sizes), losses, 2)
    if a <= 0:
        raise ValueError("the losses have no minimum over these sizes: train smaller and larger")
    return float(np.exp(-b / (2 * a))), float(c - b**2 / (4 * a))


def fit_iso_flop(
    compute: Float[ndarray, "runs"], sizes: Float[ndarray, "runs"], losses: Float[ndarray, "runs"]
) -> IsoFlopFit:
    """A parabola for each budget, and a straight line through the logarithms of their minima.

    Args:
        compute: FLOPs of each run; runs of one budget have the same number.
        sizes: N of each run. With D in its place it fits D* instead.
        losses: nats a token on held-out text.

    Returns:
        The optimum of each budget, the loss there, and the exponent of N* in C.

    Source: Hoffmann et al., arXiv 2203.15556, section 3.2 (approach 2).
    """
    budgets = np.unique(compute)
    minima = [parabola_minimum(sizes[compute == c], losses[compute == c]) for c in budgets]
    optima, lowest = np.array(minima).T
    slope = np.polyfit(np.log(budgets), np.log(optima), 1)[0]
    return IsoFlopFit(optima, lowest, float(slope))


def bootstrap_exponents(
    compute: Float[ndarray, "runs"],
    sizes: Float[ndarray, "runs"],
    losses: Float[ndarray, "runs"],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Float[ndarray, "resamples"]:
    """Exponents of studies that might have been: the parabolas plus residuals drawn anew.

    All budgets share one pool of residuals, widened by sqrt(n / (n - p)) for the p = 3
    coefficients a budget that were fitted to them. It tells the noise of the runs; what is the
    same in all of them (data, schedule, shape of the model) it cannot tell.

    Args:
        compute: FLOPs of each run; runs of one budget have the same number.
        sizes: N of each run.
        losses: held-out loss of each run, in nats a token.
        resamples: studies to draw.
        seed: of the draws.

    Returns:
        One exponent a study; NaN where a budget's parabola opens downwards and has no minimum.
    """
    fitted = np.empty_like(losses)
    for c in (budgets := np.unique(compute)):
        of = compute == c
        x = np.log(sizes[of])
        fitted[of] = np.polyval(np.polyfit(x, losses[of], 2), x)
    widened = np.sqrt(len(losses) / (len(losses) - 3 * len(budgets)))
    residuals, draw = (losses - fitted) * widened, np.random.default_rng(seed)

    def exponent() -> float:
        try:
            return fit_iso_flop(
                compute, sizes, fitted + draw.choice(residuals, len(losses))
            ).exponent
        except ValueError:
            return np.nan

    return np.array([exponent() for _ in range(resamples)])


# --8<-- [end:fit]
