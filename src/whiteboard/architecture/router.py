"""The router of a mixture of experts: which experts a token goes to, and how much each counts."""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Routing(NamedTuple):
    """Where each token goes.

    Attributes:
        experts: the k experts of a token, the best first.
        gates: what each of their outputs is multiplied by.
    """

    experts: Int[Array, "tokens top_k"]
    gates: Float[Array, "tokens top_k"]


# --8<-- [start:route]
def route(
    logits: Float[Array, "tokens num_experts"],
    *,
    top_k: int,
    normalize: bool = True,
    scoring: Literal["softmax", "sigmoid"] = "softmax",
    expert_bias: Float[Array, "num_experts"] | None = None,
    scale: float = 1.0,
) -> Routing:
    """The k experts of largest score, with their scores as gates.

    Mixtral: softmax, normalised (the same as a softmax over the k chosen logits). Switch and OLMoE:
    softmax, not normalised. DeepSeek-V3: sigmoid, an `expert_bias`, normalised, then `scale`; it
    also limits a token to 4 of 8 groups of experts, which is left out here.

    Args:
        logits: one score for each expert; compared in float32 whatever their dtype.
        top_k: experts a token uses.
        normalize: divide the k gates by their sum. With top_k = 1 the gate is then always 1, and
            the router gets no gradient.
        scoring: function that makes scores of the logits.
        expert_bias: added for the choice alone; the gates are the scores without it.
        scale: factor on the gates.

    Returns:
        The k experts of each token, largest score first, and their gates.

    Raises:
        ValueError: when there are fewer experts than top_k.

    Source: Mixtral, arXiv 2401.04088; DeepSeek-V3, arXiv 2412.19437, section 2.1.2.
    """
    if not 1 <= top_k <= logits.shape[1]:
        raise ValueError(f"top_k={top_k} of {logits.shape[1]} experts: wanted 1 to that many")
    logits = logits.astype(jnp.float32)
    scores = jax.nn.softmax(logits) if scoring == "softmax" else jax.nn.sigmoid(logits)
    experts = _largest(scores if expert_bias is None else scores + expert_bias[None], top_k)
    gates = jnp.take_along_axis(scores, experts, axis=1)
    if normalize:
        gates /= gates.sum(axis=1, keepdims=True)
    return Routing(experts, gates * scale)


def _largest(scores: Array, top_k: int) -> Array:
    """top_k that lets token t begin at expert t mod E, so that ties do not all go to expert 0."""
    tokens, num_experts = scores.shape
    shifted = (jnp.arange(num_experts)[None] + jnp.arange(tokens)[:, None]) % num_experts
    _, index = jax.lax.top_k(jnp.take_along_axis(scores, shifted, axis=1), top_k)
    return jnp.take_along_axis(shifted, index, axis=1)


# --8<-- [end:route]
