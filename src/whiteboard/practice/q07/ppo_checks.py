"""Question 7: the leash in the rewards, the clip, and how PPO is got wrong."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.ppo import (
    clipped_surrogate,
    token_rewards,
)
from whiteboard.practice.core import Check, Exercise, Variant
from whiteboard.practice.expect import expect_close

LENGTHS, TIME = (5, 3, 1, 4), 5
MASK = np.arange(TIME) < np.array(LENGTHS)[:, None]


def _draw(seed: int, count: int) -> list[Array]:
    """Arrays of [4, 5], the same for every version, with large numbers off the mask."""
    drawn = np.random.default_rng(seed).normal(size=(count, *MASK.shape))
    return [jnp.asarray(np.where(MASK, x, 50.0), "float32") for x in drawn]


# Rewards: a score at the end, the leash at every token.


def _rewards(seed: int) -> dict[str, Any]:
    log_probs, reference = _draw(seed, 2)
    scores = jnp.asarray([3.0, -1.0, 2.0, 5.0])
    return {"scores": scores, "log_probs": log_probs, "reference_log_probs": reference,
            "mask": jnp.asarray(MASK), "kl_coef": 0.1}  # fmt: skip


def drift_is_charged(rewards: Any) -> None:
    """A token that got likelier than under the reference costs; one less likely pays."""
    given = _rewards(0)
    got = np.asarray(rewards(**given | {"scores": jnp.zeros(4)}))
    ratio = np.asarray(given["log_probs"] - given["reference_log_probs"])
    expect_close(got[MASK], -0.1 * ratio[MASK], "no score, kl_coef 0.1")


def the_score_is_paid_once(rewards: Any) -> None:
    """Without a leash the rewards of an answer add up to its score."""
    got = rewards(**_rewards(0) | {"kl_coef": 0.0})
    expect_close(got.sum(axis=1), [3, -1, 2, 5], "no leash, sums over each answer")


def the_score_comes_with_the_last_token(rewards: Any) -> None:
    """Answers of 5, 3, 1 and 4 tokens have their scores at tokens 4, 2, 0 and 3."""
    got = rewards(**_rewards(0) | {"kl_coef": 0.0})
    expect_close(got[jnp.arange(4), jnp.array(LENGTHS) - 1], [3, -1, 2, 5], "no leash, last tokens")


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


# The clip.


def _slopes(surrogate: Any, ratios: list[float], advantage: float) -> np.ndarray:
    """Slopes of the losses at log-ratios; the two directions of a step are one number each."""
    old = jnp.zeros((1, len(ratios)))
    advantages = jnp.full_like(old, advantage)
    loss = lambda x: surrogate(x, old, advantages, clip_range=0.2).sum()  # noqa: E731
    return np.asarray(jax.grad(loss)(jnp.log(jnp.asarray([ratios])))[0]) + 0.0


def inside_it_is_the_policy_gradient(surrogate: Any) -> None:
    """At ratio 1 the slope of the loss is -A."""
    for advantage in (2.0, -2.0):
        got = _slopes(surrogate, [1.0], advantage)
        expect_close(got, [-advantage], f"ratio 1, advantage {advantage:g}, slope")


def no_gain_past_the_clip(surrogate: Any) -> None:
    """A token that has gone far enough the right way pulls no further."""
    expect_close(_slopes(surrogate, [1.5], 2.0), [0], "ratio 1.5, advantage 2, slope")
    expect_close(_slopes(surrogate, [0.5], -2.0), [0], "ratio 0.5, advantage -2, slope")


def the_wrong_way_is_punished_in_full(surrogate: Any) -> None:
    """A token that has gone the wrong way keeps its gradient, however far it went."""
    expect_close(_slopes(surrogate, [0.5], 2.0), [-1], "ratio 0.5, advantage 2, slope")
    expect_close(_slopes(surrogate, [1.5], -2.0), [3], "ratio 1.5, advantage -2, slope")


def clipping_on_the_wrong_side(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_range: float = 0.2
) -> Array:
    ratio = jnp.exp(log_probs - old_log_probs)
    clipped = jnp.clip(ratio, 1 - clip_range, 1 + clip_range)
    return -jnp.maximum(ratio * advantages, clipped * advantages)


def maximised_as_a_loss(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_range: float = 0.2
) -> Array:
    return -clipped_surrogate(log_probs, old_log_probs, advantages, clip_range=clip_range)


def clipped_without_the_minimum(
    log_probs: Array, old_log_probs: Array, advantages: Array, *, clip_range: float = 0.2
) -> Array:
    ratio = jnp.exp(log_probs - old_log_probs)
    return -jnp.clip(ratio, 1 - clip_range, 1 + clip_range) * advantages


EXERCISES = (
    Exercise(
        question=7,
        right=token_rewards,
        checks=(
            Check(drift_is_charged),
            Check(the_score_is_paid_once),
            Check(the_score_comes_with_the_last_token),
        ),
        variants=(
            Variant(
                "kl_with_the_wrong_sign",
                "the leash pays for drift: KL grows without bound, the text falls apart",
                _with_kl("last", sign=1),
                frozenset({"drift_is_charged"}),
            ),
            Variant(
                "reward_on_every_token",
                "longer answers earn more: length grows, whatever is said",
                _with_kl("each"),
                frozenset({"the_score_is_paid_once"}),
            ),
            Variant(
                "reward_on_the_padding",
                "only answers of full length are ever paid",
                _with_kl("end"),
                frozenset({"the_score_comes_with_the_last_token"}),
            ),
        ),
        probe=lambda rewards: [rewards(**_rewards(seed)) for seed in (4, 5)],
    ),
    Exercise(
        question=7,
        right=clipped_surrogate,
        checks=(
            Check(inside_it_is_the_policy_gradient),
            Check(no_gain_past_the_clip),
            Check(the_wrong_way_is_punished_in_full),
        ),
        variants=(
            Variant(
                "clipping_on_the_wrong_side",
                "good tokens run away without limit, bad steps are never taken back",
                clipping_on_the_wrong_side,
                frozenset({"no_gain_past_the_clip", "the_wrong_way_is_punished_in_full"}),
            ),
            Variant(
                "maximised_as_a_loss",
                "the paper's objective given to an optimiser that minimises: good answers die out",
                maximised_as_a_loss,
                frozenset(
                    {"inside_it_is_the_policy_gradient", "the_wrong_way_is_punished_in_full"}
                ),
            ),
            Variant(
                "clipped_without_the_minimum",
                "a token that went the wrong way by one bad update stays there",
                clipped_without_the_minimum,
                frozenset({"the_wrong_way_is_punished_in_full"}),
            ),
        ),
        probe=lambda f: [f(*_draw(seed, 3)) for seed in (4, 5)],
    ),
)
