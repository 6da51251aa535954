"""KL divergence between a policy and its reference: exact, estimated from samples, traded off."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def kl_divergence(
    logits: Float[Array, "*batch vocab_size"], reference: Float[Array, "*batch vocab_size"]
) -> Float[Array, "*batch"]:
    """KL(p || q) = sum of p log(p / q), in nats, of p = softmax(logits), q = softmax(reference).

    Args:
        logits: of p, the policy.
        reference: logits of q, over the same vocabulary.

    Returns:
        KL in nats, 0 or more, one for each pair of distributions.
    """
    log_p, log_q = jax.nn.log_softmax(logits), jax.nn.log_softmax(reference)
    return (jnp.exp(log_p) * (log_p - log_q)).sum(axis=-1)


# --8<-- [start:estimators]
def k1(
    log_probs: Float[Array, "*batch"], reference_log_probs: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """log(p / q) of a sampled token: unbiased, of either sign, and so of high variance.

    Args:
        log_probs: log p of a token that was drawn from p, the policy.
        reference_log_probs: log q of the same token, under the reference.

    Returns:
        One estimate of KL(p || q) in nats for each token.

    Source: Schulman, Approximating KL divergence, 2020, for all three.
    """
    return log_probs - reference_log_probs


def k2(
    log_probs: Float[Array, "*batch"], reference_log_probs: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """log(p / q)^2 / 2: never negative, low in variance, biased unless p is near q.

    As a loss, its gradient over samples of p is, on average, the gradient of KL(p || q).

    Args:
        log_probs: log p of a token that was drawn from p, the policy.
        reference_log_probs: log q of the same token.

    Returns:
        One estimate of KL(p || q) in nats for each token.
    """
    return 0.5 * (log_probs - reference_log_probs) ** 2


def k3(
    log_probs: Float[Array, "*batch"], reference_log_probs: Float[Array, "*batch"]
) -> Float[Array, "*batch"]:
    """q / p - 1 - log(q / p): k1 plus a term of mean zero, so unbiased and never negative.

    GRPO adds it to the loss. Its variance is low near the reference; far away q / p can explode.

    Args:
        log_probs: log p of a token that was drawn from p, the policy.
        reference_log_probs: log q of the same token.

    Returns:
        One estimate of KL(p || q) in nats for each token.
    """
    log_ratio = reference_log_probs - log_probs
    return jnp.expm1(log_ratio) - log_ratio


# --8<-- [end:estimators]


def regularised_optimum(
    reference: Float[Array, "*batch vocab_size"],
    rewards: Float[Array, "*batch vocab_size"],
    *,
    beta: float,
) -> Float[Array, "*batch vocab_size"]:
    """Logits of the policy p that maximises E_p[r] - beta KL(p || q): log q + r / beta.

    Args:
        reference: logits of q.
        rewards: r of each outcome of the vocabulary.
        beta: what a nat of KL costs, in units of reward; called kl_coef in PPO.

    Returns:
        Log-probabilities of p.

    Raises:
        ValueError: for a beta that is not positive: without the leash there is no such optimum.
    """
    if not beta > 0:
        raise ValueError(f"beta must be positive, got {beta}: at 0 the best outcome takes all")
    return jax.nn.log_softmax(jax.nn.log_softmax(reference) + rewards / beta)
