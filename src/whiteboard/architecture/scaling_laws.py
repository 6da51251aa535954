"""How to split a training budget between size and tokens, without and with serving."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from scipy.optimize import brentq

from whiteboard.architecture.published_laws import (
    PUBLISHED,
    Allocation,
    ParametricLaw,
    PowerLaw,
)


# --8<-- [start:optimum]
def compute_optimal(law: ParametricLaw, compute: float) -> Allocation:
    """The N and D of the lowest loss with 6 N D = C.

    On that line both terms fall at the same rate: alpha A / N^alpha = beta B / D^beta. So
    N = G (C / 6)^(beta / (alpha + beta)), with G = (alpha A / (beta B))^(1 / (alpha + beta)).

    Args:
        law: the fitted loss.
        compute: training FLOPs C.

    Returns:
        N and D; 6 N D is the budget.

    Raises:
        ValueError: `compute` is not positive.

    Source: Hoffmann et al., arXiv 2203.15556, equation 4.
    """
    if compute <= 0:
        raise ValueError(f"a budget wants positive FLOPs, got {compute:g}")
    both = law.alpha + law.beta
    scale = (law.alpha * law.A / (law.beta * law.B)) ** (1 / both)
    num_parameters = scale * (compute / 6) ** (law.beta / both)
    return Allocation(num_parameters, compute / (6 * num_parameters))


# --8<-- [end:optimum]


# --8<-- [start:serving]
def tokens_for(law: ParametricLaw, loss: float, num_parameters: float) -> float:
    """The tokens that bring a model of this size to a loss; infinite when none do.

    Args:
        law: the fitted loss.
        loss: nats a token to reach.
        num_parameters: N.

    Returns:
        D, not rounded.
    """
    left = loss - law.loss(num_parameters, np.inf)
    return (law.B / left) ** (1 / law.beta) if left > 0 else np.inf


def serving_optimal(law: ParametricLaw, loss: float, served: float) -> Allocation:
    """The N and D that reach a loss with the fewest FLOPs, serving included: 6 N D + 2 N T.

    Among the points of equal loss the best has alpha A / N^alpha = (1 + T / 3D) beta B / D^beta.
    Without serving (T = 0) that is `compute_optimal`; every served token moves it to a smaller N.

    Args:
        law: the fitted loss.
        loss: nats a token to reach, above `law.E`.
        served: T, tokens read and written over the model's life.

    Returns:
        N and D of the cheapest model.

    Raises:
        ValueError: a loss that no model reaches, or a negative `served`.

    Source: Sardana et al., arXiv 2401.00448, section 2.
    """
    if loss <= law.E or served < 0:
        raise ValueError(
            f"wanted a loss above E = {law.E} and served >= 0, got {loss:g} and {served:g}"
        )

    def excess(log_size: float) -> float:
        """Positive when the model should be larger."""
        size = np.exp(log_size)
        tokens = tokens_for(law, loss, size)
        by_size = law.alpha * law.A / size**law.alpha
        by_tokens = law.beta * law.B / tokens**law.beta
        return float(by_size - by_tokens * (1 + served / (3 * tokens)))

    smallest = np.log(law.A / (loss - law.E)) / law.alpha  # needs tokens without end
    size = float(np.exp(brentq(excess, smallest + 1e-9, smallest + 30)))
    return Allocation(size, tokens_for(law, loss, size))


# --8<-- [end:serving]


def optimum(law: ParametricLaw | PowerLaw, compute: float) -> Allocation:
    """The best split of a budget by any published fit.

    Args:
        law: a published fit, of either form.
        compute: training FLOPs C.

    Returns:
        N and D of the lowest loss for that budget.
    """
    return law.optimum(compute) if isinstance(law, PowerLaw) else compute_optimal(law, compute)


def scaling_laws_widget() -> dict[str, Any]:
    """The data of the widget `scaling-laws`: every fit with its constants."""
    return {"fits": [{"name": name, **asdict(law)} for name, law in PUBLISHED.items()]}
