"""Accuracy by depth with its intervals and its chance level, and what a bias alone would give."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.evaluation.intervals import wilson_interval


class DepthCurve(NamedTuple):
    """Accuracy at each depth, and what it must be read against.

    Attributes:
        accuracy: the share of the trials that were right.
        low, high: its 95% Wilson interval.
        chance: the share that a guess would get right.
        above_chance: whether the whole interval lies above chance.
    """

    accuracy: Float[Array, " depths"]
    low: Float[Array, " depths"]
    high: Float[Array, " depths"]
    chance: Float[Array, ""]
    above_chance: Bool[Array, " depths"]


# --8<-- [start:curve]
def depth_curve(hits: Bool[Array, "lists depths"], choices: int) -> DepthCurve:
    """Accuracy by depth, each depth for itself, beside a guess among so many answers.

    Args:
        hits: whether each answer was right; a list is one independent trial of every depth.
        choices: number of answers that a guess chooses from: all values of the list, or those that
            the scoring offers.

    Returns:
        Accuracy, interval and chance at each depth.
    """
    low, high = jnp.array([wilson_interval(column) for column in hits.T.astype(jnp.float32)]).T
    chance = jnp.array(1 / choices)
    return DepthCurve(hits.mean(axis=0), low, high, chance, low > chance)


# --8<-- [end:curve]


def named_unasked(
    picks: Int[np.ndarray, "lists depths"], answers: Int[np.ndarray, "lists depths"]
) -> Float[np.ndarray, " depths"]:
    """How often the line at each depth is the answer while the line at another one is asked for.

    A model that always names the first line is right at depth 0 every time; here it gets 1 there
    as well. What accuracy has above this share is not a liking for the place.

    Args:
        picks: line that the model names in each trial.
        answers: line that was asked for.

    Returns:
        A share for each depth.
    """
    named = picks[:, None, :] == answers[:, :, None]  # line at depth d, while e is asked
    others = ~np.eye(answers.shape[1], dtype=bool)
    return named.mean(axis=0).sum(axis=1, where=others) / others.sum(axis=1)
