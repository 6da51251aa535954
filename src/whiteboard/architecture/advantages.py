"""Advantages of tokens from rewards and a value head: GAE, and their whitening.

Arrays are `[batch, time]` over the answer's tokens, as in `whiteboard.architecture.ppo`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


# --8<-- [start:generalized_advantages]
def generalized_advantages(
    rewards: Float[Array, "batch time"],
    values: Float[Array, "batch time"],
    mask: Bool[Array, "batch time"],
    *,
    gamma: float = 1.0,
    gae_lambda: float = 0.95,
) -> Float[Array, "batch time"]:
    """GAE: A_t = delta_t + gamma lambda A_{t+1} with delta_t = r_t + gamma V_{t+1} - V_t.

    After the last token there is nothing: V = 0 and A = 0. The returns, which are the value head's
    targets, are A + V. With lambda 1 these are the rewards to come; with 0 only one step is seen.

    Args:
        rewards: r_t.
        values: V_t, the value head's guess before token t is chosen.
        mask: True for the answer's tokens.
        gamma: discount; 1 for answers of a language model, whose length should cost nothing.
        gae_lambda: between the bias of the values (0) and the variance of the returns (1).

    Returns:
        A_t of each answer token; zero elsewhere.

    Raises:
        ValueError: for a gamma or a lambda outside 0 to 1.

    Source: Schulman et al., arXiv 1506.02438, equation 16.
    """
    for name, factor in (("gamma", gamma), ("gae_lambda", gae_lambda)):
        if not 0 <= factor <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, got {factor}")
    rewards, values = jnp.where(mask, rewards, 0), jnp.where(mask, values, 0)
    following = jnp.pad(values[:, 1:], ((0, 0), (0, 1)))
    deltas = rewards + gamma * following - values

    def back(advantage: Array, delta: Array) -> tuple[Array, Array]:
        advantage = delta + gamma * gae_lambda * advantage
        return advantage, advantage

    _, advantages = jax.lax.scan(back, jnp.zeros(len(rewards)), deltas.T, reverse=True)
    return advantages.T * mask


# --8<-- [end:generalized_advantages]


def whiten(
    advantages: Float[Array, "batch time"], mask: Bool[Array, "batch time"]
) -> Float[Array, "batch time"]:
    """Advantages with mean 0 and variance 1 over the tokens that count; zero at the others.

    Args:
        advantages: A_t of each token.
        mask: True for the tokens that count.

    Returns:
        The standardised advantages; the batch shares one mean and one variance.
    """
    centred = advantages - advantages.mean(where=mask)
    scaled = centred * jax.lax.rsqrt((centred**2).mean(where=mask) + 1e-8)
    return jnp.where(mask, scaled, 0)
