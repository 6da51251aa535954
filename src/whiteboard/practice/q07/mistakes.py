"""Known wrong advantages, baselines, estimates of the KL, rewards and clips."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.advantages import generalized_advantages
from whiteboard.architecture.grpo import group_advantages
from whiteboard.architecture.kl_estimators import k3
from whiteboard.architecture.ppo import clipped_surrogate
from whiteboard.practice.core import Variant
from whiteboard.practice.q07 import advantage_checks as advantage
from whiteboard.practice.q07 import grpo_checks as grpo
from whiteboard.practice.q07 import kl_checks as kl
from whiteboard.practice.q07 import ppo_checks as ppo


def bootstraps_from_padding(
    rewards: Array, values: Array, mask: Array, *, gamma: float = 1.0, gae_lambda: float = 0.95
) -> Array:
    """the last token is compared with a value of padding: noise where the score is"""
    deltas = rewards + gamma * jnp.roll(values, -1, axis=1) - values
    total, out = jnp.zeros(len(rewards)), []
    for t in reversed(range(rewards.shape[1])):
        total = jnp.where(mask[:, t], deltas[:, t] + gamma * gae_lambda * total, 0)
        out.append(total)
    return jnp.stack(out[::-1], axis=1)


def lambda_without_gamma(
    rewards: Array, values: Array, mask: Array, *, gamma: float = 1.0, gae_lambda: float = 0.95
) -> Array:
    """nothing at gamma 1; with a discount, late errors count too much"""
    following = jnp.pad(jnp.where(mask, values, 0)[:, 1:], ((0, 0), (0, 1)))
    errors = jnp.where(mask, rewards + gamma * following - values, 0)
    return generalized_advantages(errors, 0 * values, mask, gamma=1.0, gae_lambda=gae_lambda)


def whitened_before_masking(advantages: Array, mask: Array) -> Array:
    """padding moves the mean: all real tokens look bad, or good, by its share"""
    scaled = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return jnp.where(mask, scaled, 0)


def whitened_with_zeros(advantages: Array, mask: Array) -> Array:
    """advantages shrink and shift as batches hold more padding"""
    return whitened_before_masking(jnp.where(mask, advantages, 0), mask)


def one_baseline_for_the_batch(scores: Array, *, group_size: int, scale: bool = True) -> Array:
    """answers to easy prompts are rewarded for their prompt"""
    centred = scores - scores.mean()
    return centred / (scores.std(ddof=1) + 1e-4) if scale else centred


def never_scaled(scores: Array, *, group_size: int, scale: bool = True) -> Array:
    """Dr. GRPO's choice, not GRPO's: prompts with a wide spread set the step"""
    return group_advantages(scores, group_size=group_size, scale=False)


def ratio_upside_down(log_probs: Array, reference_log_probs: Array) -> Array:
    """a number that is never negative, and is no estimate of the KL"""
    return k3(reference_log_probs, log_probs)


def log_ratio_alone(log_probs: Array, reference_log_probs: Array) -> Array:
    """this is k1: unbiased, half of its samples negative, and useless as a loss"""
    return log_probs - reference_log_probs


def _with_kl(at: str, sign: int = -1) -> Any:
    """Rewards with the score somewhere and the divergence with some sign."""

    def rewards(
        scores: Array, log_probs: Array, reference_log_probs: Array, mask: Array, *, kl_coef: Any
    ) -> Array:
        places = jnp.arange(mask.shape[1])[None]
        last = mask.sum(axis=1)[:, None] - 1 if at == "last" else mask.shape[1] - 1
        paid = mask if at == "each" else places == last
        leash = jnp.where(mask, sign * kl_coef * (log_probs - reference_log_probs), 0)
        return paid * scores[:, None] + leash

    return rewards


def clipping_on_the_wrong_side(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_range: float = 0.2
) -> Array:
    """good tokens run away without limit, bad steps are never taken back"""
    ratio = jnp.exp(log_probs - old_log_probs)
    clipped = jnp.clip(ratio, 1 - clip_range, 1 + clip_range)
    return -jnp.maximum(ratio * advantages, clipped * advantages)


def maximised_as_a_loss(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_range: float = 0.2
) -> Array:
    """the paper's objective given to an optimiser that minimises: good answers die out"""
    return -clipped_surrogate(log_probs, old_log_probs, advantages, clip_range=clip_range)


def clipped_without_the_minimum(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_range: float = 0.2
) -> Array:
    """a token that went the wrong way by one bad update stays there"""
    ratio = jnp.exp(log_probs - old_log_probs)
    return -jnp.clip(ratio, 1 - clip_range, 1 + clip_range) * advantages


MISTAKES = (
    # Of `generalized_advantages`.
    Variant.of(
        bootstraps_from_padding,
        caught_by=[advantage.they_are_sums_of_errors, advantage.at_lambda_one_values_cancel],
    ),
    Variant.of(lambda_without_gamma, caught_by=[advantage.they_are_sums_of_errors]),
    # Of `whiten`.
    Variant.of(whitened_before_masking, caught_by=[advantage.counted_tokens_are_white]),
    Variant.of(whitened_with_zeros, caught_by=[advantage.counted_tokens_are_white]),
    # Of `group_advantages`.
    Variant.of(
        one_baseline_for_the_batch,
        caught_by=[
            grpo.each_prompt_has_its_own_baseline,
            grpo.equal_scores_teach_nothing,
            grpo.each_group_has_one_spread,
        ],
    ),
    Variant.of(never_scaled, caught_by=[grpo.each_group_has_one_spread]),
    # Of `k3`.
    Variant.of(ratio_upside_down, caught_by=[kl.its_mean_is_the_divergence]),
    Variant.of(log_ratio_alone, caught_by=[kl.it_is_never_negative]),
    # Of `token_rewards`.
    Variant.of(
        _with_kl("last", sign=1),
        "the leash pays for drift: KL grows without bound, the text falls apart",
        name="kl_with_the_wrong_sign",
        caught_by=[ppo.drift_is_charged],
    ),
    Variant.of(
        _with_kl("each"),
        "longer answers earn more: length grows, whatever is said",
        name="reward_on_every_token",
        caught_by=[ppo.the_score_is_paid_once],
    ),
    Variant.of(
        _with_kl("end"),
        "only answers of full length are ever paid",
        name="reward_on_the_padding",
        caught_by=[ppo.the_score_comes_with_the_last_token],
    ),
    # Of `clipped_surrogate`.
    Variant.of(
        clipping_on_the_wrong_side,
        caught_by=[ppo.no_gain_past_the_clip, ppo.the_wrong_way_is_punished_in_full],
    ),
    Variant.of(
        maximised_as_a_loss,
        caught_by=[ppo.inside_it_is_the_policy_gradient, ppo.the_wrong_way_is_punished_in_full],
    ),
    Variant.of(clipped_without_the_minimum, caught_by=[ppo.the_wrong_way_is_punished_in_full]),
)
