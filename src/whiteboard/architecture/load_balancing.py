"""What keeps experts busy: an auxiliary loss, or a bias without one; and the router's z-loss."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Scalar


# --8<-- [start:balancing]
def expert_load(
    experts: Int[Array, "tokens top_k"], num_experts: int
) -> Float[Array, "num_experts"]:
    """The share of all assignments that each expert got; the shares add up to 1.

    Args:
        experts: experts that each token chose.
        num_experts: E, chosen or not.

    Returns:
        f, one share for each expert.
    """
    counts = jnp.bincount(experts.reshape(-1), length=num_experts)
    return counts / experts.size


def load_balancing_loss(
    probs: Float[Array, "tokens num_experts"], experts: Int[Array, "tokens top_k"]
) -> Float[Array, ""]:
    """E sum_e f_e P_e: 1 when all experts get the same, up to E / k when k experts get all.

    f is `expert_load`, which has no gradient; P is the mean of the router's probabilities over the
    tokens. The gradient lowers the logits of experts with much load.

    Args:
        probs: softmax of one layer's logits, before anything was chosen. Layers are not pooled: two
            that collapse on different experts would look even together.
        experts: the k experts that each token chose.

    Returns:
        The loss of one layer, before its weight.

    Source: Switch Transformer, arXiv 2101.03961, equations 4 to 6, where k = 1. transformers counts
    tokens instead of assignments, so its value is k times this one.
    """
    num_experts = probs.shape[1]
    return num_experts * (expert_load(experts, num_experts) * probs.mean(axis=0)).sum()


def update_expert_bias(
    expert_bias: Float[Array, "num_experts"],
    load: Float[Array, "num_experts"],
    *,
    rate: float | Scalar,
) -> Float[Array, "num_experts"]:
    """b_e + rate sign(mean load - load_e), once a step, outside the gradient.

    The bias is added to the scores for the choice alone (`router.route`), so no loss pulls at them.

    Source: Wang et al., arXiv 2408.15664, algorithm 1; DeepSeek-V3, arXiv 2412.19437.

    Args:
        expert_bias: b, one number for each expert.
        load: share of the assignments that each expert got in this step.
        rate: step size, in units of the scores.

    Returns:
        The bias of the next step: higher where the load was below the mean.
    """
    return expert_bias + rate * jnp.sign(load.mean() - load)


def router_z_loss(logits: Float[Array, "tokens num_experts"]) -> Float[Array, ""]:
    """Mean over the tokens of logsumexp(logits)^2: it keeps the router's logits small.

    It does not balance. Large logits lose digits in bf16 and give abrupt gradients.

    Source: ST-MoE, arXiv 2202.08906, equation 5.
    """
    return jnp.mean(jax.nn.logsumexp(logits.astype(jnp.float32), axis=-1) ** 2)


# --8<-- [end:balancing]
