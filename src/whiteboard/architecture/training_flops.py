"""FLOPs of training and of serving: the 6ND rule, what it leaves out, and XLA's own count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


# --8<-- [start:flops]
def parameters_in_products(
    num_parameters: int, *, vocab_size: int, hidden_size: int, tie_embeddings: bool
) -> int:
    """The N of 6ND: weights that every token is multiplied by.

    Looking a token up costs nothing; the output matrix is a product like the others. So a table
    of its own at the input (V x D) is left out, and a tied one counts once, for the output.

    Args:
        num_parameters: of the whole model, each stored weight once.
        vocab_size: V, tokens of the vocabulary.
        hidden_size: D, width of the model.
        tie_embeddings: whether the output matrix is the input table.

    Returns:
        N, a number of weights.
    """
    return num_parameters - (0 if tie_embeddings else vocab_size * hidden_size)


def training_flops(num_parameters: int | float, tokens: int | float) -> float:
    """6 N D: a multiply and an add per weight and token forward, twice that backward.

    Args:
        num_parameters: N, as `parameters_in_products` counts them.
        tokens: D, training tokens, each repetition counted.

    Returns:
        FLOPs of the whole training, attention's scores left out.

    Source: Kaplan et al., arXiv 2001.08361, section 2.1.
    """
    return 6.0 * num_parameters * tokens


def serving_flops(num_parameters: int | float, tokens: int | float) -> float:
    """2 N T: the forward pass alone, for every token that is read or written.

    Args:
        num_parameters: N, as `parameters_in_products` counts them.
        tokens: T, tokens read and written.

    Returns:
        FLOPs, attention's scores left out.
    """
    return 2.0 * num_parameters * tokens


def attention_flops(width: int, num_layers: int, context: int, tokens: int | float) -> float:
    """12 L W T D: scores and mixing, which 6ND leaves out, in training.

    Per token and layer, T scores and T values of width W = heads x head_dim: 4 W T forward and
    twice that backward. A kernel that skips masked blocks does half of it.

    Args:
        width: heads times head_dim.
        num_layers: L, layers of the model.
        context: T, tokens of a sequence; each is taken to read all of them.
        tokens: D, training tokens.

    Returns:
        FLOPs of the whole training.
    """
    return 12.0 * num_layers * width * context * tokens


def compiled_flops(step: Callable[..., Any], *arguments: Any) -> float:
    """The FLOPs that XLA counts in one call of `step`, compiled for these arguments.

    Args:
        step: a function that can be jitted.
        *arguments: what it is called with, or their shapes and dtypes.

    Returns:
        FLOPs of one call.

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
