"""Published scaling laws with their constants, each from its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Allocation(NamedTuple):
    """A model's size and the tokens that it is trained on."""

    num_parameters: float
    tokens: float

    @property
    def tokens_per_parameter(self) -> float:
        """D / N."""
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
        """Nats a token of N parameters trained on D tokens; D may be infinite.

        Args:
            num_parameters: N, as the law's authors count it.
            tokens: D, training tokens.

        Returns:
            E + A / N^alpha + B / D^beta.
        """
        return self.E + self.A / num_parameters**self.alpha + self.B / tokens**self.beta


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
        """The best size at another budget, and the tokens that the budget leaves it."""
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
