"""FLOPs of training and of serving: the 6ND rule, what it leaves out, and XLA's own count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


# --8<-- [start:flops]
def training_flops(num_parameters: float, tokens: float) -> float:
    """6 N D: a multiply and an add per weight and token forward, twice that backward.

    Args:
      num_parameters: weights N that stand in a matrix product. A table that is only looked up
        is none; the output matrix is one, and a tied table is that matrix: it counts once.
      tokens: D, each repetition counted.

    Source: Kaplan et al., arXiv 2001.08361, section 2.1.
    """
    return 6 * num_parameters * tokens


def serving_flops(num_parameters: float, tokens: float) -> float:
    """2 N T: the forward pass alone, for every token that is read or written."""
    return 2 * num_parameters * tokens


def attention_flops(width: int, num_layers: int, context: int, tokens: float) -> float:
    """12 L W T D: scores and mixing, which 6ND leaves out, in training.

    Per token and layer, T scores and T values of width W = heads x head_dim: 4 W T forward and
    twice that backward. A kernel that skips masked blocks does half of it.

    Args:
      width: heads times head_dim.
      num_layers: L.
      context: T, tokens of a sequence.
      tokens: D.
    """
    return 12 * num_layers * width * context * tokens


def compiled_flops(step: Callable[..., Any], *arguments: Any) -> float:
    """The FLOPs that XLA counts in one call of `step`, compiled for these arguments.

    Raises:
      ValueError: this backend gives no count.
    """
    cost = jax.jit(step).lower(*arguments).compile().cost_analysis() or {}
    if "flops" not in cost:
        raise ValueError(
            f"wanted a count of FLOPs, got {sorted(cost)} from {jax.default_backend()}; "
            "count on the CPU: JAX_PLATFORMS=cpu"
        )
    return float(cost["flops"])


# --8<-- [end:flops]
