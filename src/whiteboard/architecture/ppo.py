"""PPO for language models: the KL leash in the reward, and the clipped losses.

All arrays are `[batch, time]` over the answer's positions: entry t belongs to the step that chose
token t, in the state before it. `mask` is True for the answer's tokens, which have no gaps.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from whiteboard.architecture.kl_estimators import k1
from whiteboard.architecture.reward_model import last_index


# --8<-- [start:token_rewards]
def token_rewards(
    scores: Float[Array, "batch"],
    log_probs: Float[Array, "batch time"],
    reference_log_probs: Float[Array, "batch time"],
    mask: Bool[Array, "batch time"],
    *,
    kl_coef: float | Float[Array, ""],
) -> Float[Array, "batch time"]:
    """-kl_coef * log(p / q) at each token, plus the score at the last one; zero off the mask.

    Args:
        scores: one for each whole answer, from a reward model or a checker.
        log_probs: log p of the tokens under the policy that drew them.
        reference_log_probs: log q under the frozen SFT model.
        mask: True for the answer's tokens; its last True is where the score is paid.
        kl_coef: beta, reward per nat.

    Returns:
        r_t of each token.

    Source: Ouyang et al., arXiv 2203.02155, equation 2; per token as in Stiennon et al.,
    arXiv 2009.01325.
    """
    last = jnp.arange(mask.shape[1])[None] == last_index(mask)[:, None]
    rewards = last * scores[:, None] - kl_coef * k1(log_probs, reference_log_probs)
    return jnp.where(mask, rewards, 0)


# --8<-- [end:token_rewards]


# --8<-- [start:clipped]
def clipped_surrogate(
    log_probs: Float[Array, "batch time"],
    old_log_probs: Float[Array, "batch time"],
    advantages: Float[Array, "batch #time"],
    *,
    clip_range: float = 0.2,
) -> Float[Array, "batch time"]:
    """The policy loss of each token: -min(ratio A, clip(ratio, 1 - eps, 1 + eps) A).

    The minimum is a lower bound. A token whose ratio has already gone the way its advantage points,
    past the clip, has no gradient left; one that has gone the other way keeps all of it.

    Args:
        log_probs: of the policy that learns; ratio = exp(log_probs - old_log_probs).
        old_log_probs: of the policy that drew the tokens.
        advantages: A, constants; one for each token, or one for each answer.
        clip_range: eps.

    Returns:
        One loss a token; the caller takes the mean over the mask.

    Raises:
        ValueError: for a clip_range outside 0 to 1.

    Source: Schulman et al., arXiv 1707.06347, equation 7.
    """
    if not 0 < clip_range < 1:
        raise ValueError(f"clip_range must lie between 0 and 1, got {clip_range}")
    ratio = jnp.exp(log_probs - old_log_probs)
    clipped = jnp.clip(ratio, 1 - clip_range, 1 + clip_range)
    return -jnp.minimum(ratio * advantages, clipped * advantages)


def clipped_value_loss(
    values: Float[Array, "batch time"],
    old_values: Float[Array, "batch time"],
    returns: Float[Array, "batch time"],
    *,
    clip_range: float = 0.2,
) -> Float[Array, "batch time"]:
    """Half the squared error of each value, or of the value held near its old one, if larger.

    Args:
        values: of the head that learns.
        old_values: of the head when the tokens were drawn.
        returns: advantages + old_values, before whitening.
        clip_range: how far a value may move for its benefit, in units of reward.

    Returns:
        One loss a token; the caller takes the mean over the mask.

    Source: Dhariwal et al., OpenAI Baselines, ppo2; not in the paper.
    """
    near = old_values + jnp.clip(values - old_values, -clip_range, clip_range)
    return 0.5 * jnp.maximum((values - returns) ** 2, (near - returns) ** 2)


# --8<-- [end:clipped]
