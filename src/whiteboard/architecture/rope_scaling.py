"""RoPE past the trained length: position interpolation, NTK-aware scaling and YaRN."""

from __future__ import annotations

import dataclasses
import math

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.architecture.rope import Tables, rotary_frequencies, tables_of

METHODS = ("linear", "ntk", "yarn")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RopeScaling:
    """How a model's rotary frequencies are changed for longer texts.

    Attributes:
        method: "linear" (position interpolation), "ntk" or "yarn".
        factor: wanted length over trained length (s); 1 changes nothing.
        original_length: tokens that the model was trained on.
        beta_fast: YaRN leaves pairs alone that turn more often than this in `original_length`.
        beta_slow: and interpolates those in full that turn less often than this.
    """

    method: str
    factor: float
    original_length: int
    beta_fast: float = 32.0
    beta_slow: float = 1.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method: wanted one of {METHODS}, got {self.method!r}")
        if self.factor < 1:
            raise ValueError(f"factor must be 1 or more: it lengthens a context, got {self.factor}")
        if self.original_length < 1 or not self.beta_fast > self.beta_slow > 0:
            raise ValueError(
                "wanted original_length >= 1 and beta_fast > beta_slow > 0, got "
                f"{self.original_length}, {self.beta_fast}, {self.beta_slow}"
            )


def scaled_frequencies(
    head_dim: int, theta: float, scaling: RopeScaling | None
) -> tuple[Float[Array, "pairs"], float]:
    """Frequencies, and the factor on cosines and sines (1 but for YaRN).

    Args:
        head_dim: width of a head, even.
        theta: base that the model was trained with.
        scaling: method and factor; None for RoPE as trained.

    Returns:
        Radians per position of each pair, and the factor.
    """
    frequency = rotary_frequencies(head_dim, theta)
    if scaling is None:
        return frequency, 1.0
    if scaling.method == "linear":
        return frequency / scaling.factor, 1.0
    if scaling.method == "ntk":
        return rotary_frequencies(head_dim, ntk_theta(head_dim, theta, scaling.factor)), 1.0
    turned = yarn_frequencies(
        head_dim, theta, scaling.factor, scaling.original_length,
        beta_fast=scaling.beta_fast, beta_slow=scaling.beta_slow,
    )  # fmt: skip
    return turned, yarn_attention_factor(scaling.factor)


def scaled_rotary_tables(
    position: Int[Array, "batch time"], head_dim: int, theta: float, scaling: RopeScaling | None
) -> Tables:
    """`rotary_tables` with scaled frequencies; without a scaling the very same.

    Args:
        position: index of each token in its own sequence, from 0.
        head_dim: width of a head, even.
        theta: base that the model was trained with.
        scaling: method and factor; None for RoPE as trained.

    Returns:
        The cosines and the sines, multiplied by the method's factor.
    """
    frequency, factor = scaled_frequencies(head_dim, theta, scaling)
    cos, sin = tables_of(position, frequency)
    return (cos, sin) if factor == 1 else (cos * factor, sin * factor)


# --8<-- [start:scaling]
def ntk_theta(head_dim: int, theta: float, factor: float) -> float:
    """The base with which the slowest pair turns `factor` times slower, and the fastest as before.

    theta * factor^(N / (N - 2)).

    Args:
        head_dim: width N of a head, even.
        theta: base that the model was trained with.
        factor: wanted length over trained length.

    Returns:
        The new base.

    Raises:
        ValueError: a head of one pair, which cannot be the fastest and the slowest.

    Source: bloc97's NTK-aware scaling of June 2023; the exponent is as in YaRN's paper,
    arXiv 2309.00071, section 3.1.
    """
    if head_dim < 4:
        raise ValueError(f"NTK-aware scaling wants head_dim of 4 or more, got {head_dim}")
    return theta * factor ** (head_dim / (head_dim - 2))


def yarn_frequencies(
    head_dim: int,
    theta: float,
    factor: float,
    original_length: int,
    *,
    beta_fast: float = 32.0,
    beta_slow: float = 1.0,
) -> Float[Array, "pairs"]:
    """Fast pairs as trained, slow pairs divided by `factor`, a linear blend between them.

    A pair is slow when it makes fewer than `beta_slow` turns in `original_length`, so that the
    model has never seen all of its angles; it is fast from `beta_fast` turns on.

    Args:
        head_dim: width N of a head, even.
        theta: base that the model was trained with.
        factor: wanted length over trained length (s).
        original_length: trained length, in tokens.
        beta_fast: turns in the trained length from which a pair is fast.
        beta_slow: turns in the trained length below which a pair is slow.

    Returns:
        Radians per position of each pair.

    Source: Peng et al., arXiv 2309.00071, section 3.2. The blend is linear in the pair's index
    between two rounded indices, as in the authors' code; the paper has it linear in the turns.
    """
    frequency = rotary_frequencies(head_dim, theta)

    def index_of(turns: float) -> float:
        """The pair, not whole, that makes so many turns in the trained length."""
        wavelength = original_length / turns
        return head_dim * math.log(wavelength / (2 * math.pi)) / (2 * math.log(theta))

    first = max(math.floor(index_of(beta_fast)), 0)
    last = min(math.ceil(index_of(beta_slow)), head_dim - 1)
    blend = (jnp.arange(head_dim // 2) - first) / max(last - first, 1e-3)
    slow = jnp.clip(blend, 0, 1)
    return frequency * (1 - slow) + frequency / factor * slow


def yarn_attention_factor(factor: float) -> float:
    """Factor on queries and on keys, so its square is on the scores: 0.1 ln(factor) + 1.

    A longer text spreads a softmax over more tokens; larger scores make it as sharp as it was.
    """
    return 0.1 * math.log(factor) + 1


# --8<-- [end:scaling]
