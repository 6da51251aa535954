"""The checks of the leash in the rewards, and of the clip."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.ppo import clipped_surrogate, token_rewards
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect_close
from whiteboard.practice.q07.advantage_checks import LENGTHS, MASK, draw

# Rewards: a score at the end, the leash at every token.


def _rewards(seed: int) -> dict[str, Any]:
    log_probs, reference = draw(seed, 2)
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


EXERCISES = (
    Exercise.of(
        token_rewards,
        checks=(drift_is_charged, the_score_is_paid_once, the_score_comes_with_the_last_token),
        probe=lambda rewards: [rewards(**_rewards(seed)) for seed in (4, 5)],
    ),
    Exercise.of(
        clipped_surrogate,
        checks=(
            inside_it_is_the_policy_gradient,
            no_gain_past_the_clip,
            the_wrong_way_is_punished_in_full,
        ),
        probe=lambda f: [f(*draw(seed, 3)) for seed in (4, 5)],
    ),
)
