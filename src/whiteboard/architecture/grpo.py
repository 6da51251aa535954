"""GRPO: a group of answers to one prompt is its own baseline, so there is no value model."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from whiteboard.architecture.kl_estimators import k3
from whiteboard.architecture.ppo import clipped_surrogate


# --8<-- [start:group_advantages]
def group_advantages(
    scores: Float[Array, "answers"], *, group_size: int, scale: bool = True
) -> Float[Array, "answers"]:
    """(score - mean of its group) / (standard deviation of its group + 1e-4).

    A group whose scores are all equal has advantages 0: it teaches nothing.

    Args:
        scores: one for each answer; `group_size` neighbours answer the same prompt.
        group_size: G answers to a prompt.
        scale: False leaves the division out, as Dr. GRPO does: it gives prompts that are nearly
            always solved, or nearly never, more weight than others.

    Returns:
        One advantage for each answer, in the order of the scores.

    Raises:
        ValueError: when the answers do not divide into groups of two or more.

    Source: Shao et al., arXiv 2402.03300, section 4.1.2; the deviation is that of a sample
    (over G - 1) and 1e-4 is added, as in TRL; Liu et al., arXiv 2503.20783 (Dr. GRPO).
    """
    if group_size < 2 or len(scores) % group_size:
        raise ValueError(
            f"wanted groups of two or more answers, got {len(scores)} answers in groups of "
            f"{group_size}: draw group_size answers to each prompt, side by side"
        )
    groups = scores.reshape(-1, group_size)
    centred = groups - groups.mean(axis=1, keepdims=True)
    if scale:
        centred = centred / (groups.std(axis=1, keepdims=True, ddof=1) + 1e-4)
    return centred.reshape(-1)


# --8<-- [end:group_advantages]


def leave_one_out_advantages(
    scores: Float[Array, "answers"], *, group_size: int
) -> Float[Array, "answers"]:
    """RLOO: each score minus the mean of the others in its group, G / (G - 1) times the centred.

    Source: Ahmadian et al., arXiv 2402.14740.

    Args:
        scores: one for each answer; `group_size` neighbours answer the same prompt.
        group_size: G answers to a prompt, two or more.

    Returns:
        One advantage for each answer, in the order of the scores.
    """
    centred = group_advantages(scores, group_size=group_size, scale=False)
    return centred * group_size / (group_size - 1)


# --8<-- [start:grpo_loss]
def grpo_loss(
    log_probs: Float[Array, "batch time"],
    old_log_probs: Float[Array, "batch time"],
    reference_log_probs: Float[Array, "batch time"],
    advantages: Float[Array, "batch"],
    mask: Bool[Array, "batch time"],
    *,
    clip_range: float = 0.2,
    kl_coef: float | Float[Array, ""] = 0.0,
    mean_over: str = "answers",
) -> Float[Array, ""]:
    """PPO's clipped loss with one advantage an answer, plus kl_coef times k3 at each token.

    Args:
        log_probs: of the policy that learns.
        old_log_probs: of the policy that drew the answers.
        reference_log_probs: of the frozen reference.
        advantages: of `group_advantages`.
        mask: True for the answer's tokens.
        clip_range: eps of the ratio.
        kl_coef: beta of the KL in the loss.
        mean_over: "answers" takes the mean of each answer and then of those, so that a token of a
            long answer counts less; "tokens" counts all tokens alike, as DAPO does.

    Returns:
        One number to minimise: the policy loss and the KL term together.

    Raises:
        ValueError: for another `mean_over`.

    Source: Shao et al., arXiv 2402.03300, equation 3; Yu et al., arXiv 2503.14476 (DAPO).
    """
    losses = clipped_surrogate(
        log_probs, old_log_probs, advantages[:, None], clip_range=clip_range
    ) + kl_coef * k3(log_probs, reference_log_probs)
    if mean_over == "tokens":
        return losses.mean(where=mask)
    if mean_over != "answers":
        raise ValueError(f"mean_over must be 'answers' or 'tokens', got {mean_over!r}")
    return jnp.mean(losses.mean(axis=1, where=mask))


# --8<-- [end:grpo_loss]
