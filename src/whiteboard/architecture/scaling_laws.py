"""How to split a training budget between size and tokens: the published fits, and serving."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq


class Allocation(NamedTuple):
    """A model's size and the tokens that it is trained on."""

    num_parameters: float
    tokens: float

    @property
    def tokens_per_parameter(self) -> float:
        return self.tokens / self.num_parameters


@dataclass(frozen=True)
class ParametricLaw:
    """L(N, D) = E + A / N^alpha + B / D^beta, in nats a token.

    Attributes:
      E: the loss that neither size nor tokens reduce.
      A, alpha: what a finite size adds.
      B, beta: what a finite number of tokens adds.
    """

    E: float
    A: float
    alpha: float
    B: float
    beta: float

    def loss(self, num_parameters: float, tokens: float) -> float:
        return self.E + self.A / num_parameters**self.alpha + self.B / tokens**self.beta

    def optimum(self, compute: float) -> Allocation:
        return compute_optimal(self, compute)


@dataclass(frozen=True)
class PowerLaw:
    """N* = num_parameters (C / compute)^exponent, and D* = C / 6 N*.

    Attributes:
      compute: FLOPs of the one budget that is known.
      num_parameters: the best size at that budget.
      exponent: of compute.
    """

    compute: float
    num_parameters: float
    exponent: float

    def optimum(self, compute: float) -> Allocation:
        if compute <= 0:
            raise ValueError(f"a budget wants positive FLOPs, got {compute:g}")
        num_parameters = self.num_parameters * (compute / self.compute) ** self.exponent
        return Allocation(num_parameters, compute / (6 * num_parameters))


# --8<-- [start:published]
PF_DAY = 1e15 * 24 * 3600
GOPHER_BUDGET = 5.76e23
KAPLAN = PowerLaw(PF_DAY, 1.3e9, 0.73)  # table 6; without embeddings
HOFFMANN_1 = PowerLaw(GOPHER_BUDGET, 67e9, 0.50)  # training curves: tables 2 and 3
HOFFMANN_2 = PowerLaw(GOPHER_BUDGET, 63e9, 0.49)  # isoFLOP curves: table 2, figure 3
HOFFMANN_3 = ParametricLaw(E=1.69, A=406.4, alpha=0.34, B=410.7, beta=0.28)  # equation 10
HOFFMANN_3_UNROUNDED = ParametricLaw(E=1.6934, A=406.4, alpha=0.3392, B=410.7, beta=0.2849)
BESIROGLU = ParametricLaw(E=1.8172, A=482.01, alpha=0.3478, B=2085.43, beta=0.3658)
LLAMA_3 = PowerLaw(3.8e25, 402e9, 1 - 0.53)  # section 3.2.1: D* = 0.29 C^0.53
PUBLISHED: dict[str, PowerLaw | ParametricLaw] = {
    "Kaplan 2020": KAPLAN,
    "Hoffmann 2022, curves": HOFFMANN_1,
    "Hoffmann 2022, isoFLOP": HOFFMANN_2,
    "Hoffmann 2022, formula": HOFFMANN_3,
    "the same, unrounded": HOFFMANN_3_UNROUNDED,
    "Besiroglu 2024, refit": BESIROGLU,
    "Llama 3 2024": LLAMA_3,
}
# --8<-- [end:published]


# --8<-- [start:optimum]
def compute_optimal(law: ParametricLaw, compute: float) -> Allocation:
    """The N and D of the lowest loss with 6 N D = C.

    On that line both terms fall at the same rate: alpha A / N^alpha = beta B / D^beta. So
    N = G (C / 6)^(beta / (alpha + beta)), with G = (alpha A / (beta B))^(1 / (alpha + beta)).

    Args:
      law: the fitted loss.
      compute: training FLOPs C.

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


def tokens_for(law: ParametricLaw, loss: float, num_parameters: float) -> float:
    """The tokens that bring a model of this size to a loss; infinite when none do."""
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


# --8<-- [end:optimum]


def scaling_laws_widget() -> dict[str, Any]:
    """The data of the widget `scaling-laws`: every fit with its constants."""
    return {"fits": [{"name": name, **asdict(law)} for name, law in PUBLISHED.items()]}
