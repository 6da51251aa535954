"""The checks of mining, and of the contrastive loss."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.hard_negatives import info_nce, mine_negatives

Function = Callable[..., Array]

# Passage 0 is the positive, 1 its near duplicate, 3 a known second answer.
SCORES = jnp.array([[0.80, 0.79, 0.70, 0.65, 0.60, 0.90, 0.10]])
POSITIVE, KNOWN = jnp.array([0]), jnp.arange(7)[None] == 3
ANSWER = jnp.array([0, 1, 1])


def _units(rows: int, seed: int) -> Array:
    drawn = np.random.default_rng(seed).normal(size=(rows, 5))
    return jnp.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), jnp.float32)


# The second and the third query have one answer, passage 1; passage 4 answers the first one too.
EXCLUDED = jnp.array([[0, 0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 1, 0]], bool)


def follows_the_mining_rule(mine: Function) -> None:
    """By falling score, of those at 95% of the positive's or below and not known; then -1."""
    got = mine(SCORES, POSITIVE, KNOWN, count=4)
    expect_close(got, np.array([[2, 4, 6, -1]]), "seven passages, four negatives wanted")


def near_duplicates_of_the_answer_are_left(mine: Function) -> None:
    """What scores as the positive does, or above it, is no negative."""
    first = int(mine(SCORES, POSITIVE, KNOWN, count=1)[0, 0])
    score = float(SCORES[0, first])
    expect(score <= 0.76, f"the positive has 0.80; mined was passage {first} with {score:.2f}")


def known_answers_are_left(mine: Function) -> None:
    """A passage known to answer is no negative, whatever it scores."""
    got = np.asarray(mine(SCORES, POSITIVE, KNOWN, count=5))[0].tolist()
    expect(3 not in got, f"passage 3 is known to answer; mined were {got}")


def follows_the_info_nce_formula(loss: Function) -> None:
    """-ln of the softmax at the positive over what is not excluded, one query at a time."""
    q, d = (np.asarray(_units(n, s), np.float64) for n, s in ((3, 0), (7, 1)))
    want = []
    for row, (own, drop) in enumerate(zip(ANSWER.tolist(), np.asarray(EXCLUDED))):
        kept = [j for j in range(7) if j == own or not drop[j]]
        scores = d @ q[row] / 0.1
        want.append(np.log(np.exp(scores[kept]).sum()) - scores[own])
    got = loss(_units(3, 0), _units(7, 1), ANSWER, EXCLUDED, 0.1)
    expect_close(got, np.mean(want), "3 queries, 7 passages, temperature 0.1")


def an_excluded_passage_changes_nothing(loss: Function) -> None:
    """Where an excluded passage lies does not matter to the query that it answers."""
    passages, moved = _units(7, 1), _units(7, 1).at[4].set(_units(1, 5)[0])
    losses = [loss(_units(3, 0)[:1], x, ANSWER[:1], EXCLUDED[:1], 0.1) for x in (passages, moved)]
    expect_close(losses[1], np.asarray(losses[0]), "the excluded passage moved")


def a_clear_answer_costs_nothing(loss: Function) -> None:
    """A positive at cosine 1, all others at 0: almost no loss at temperature 0.05."""
    got = float(loss(jnp.eye(4), jnp.eye(4), jnp.arange(4), jnp.zeros((4, 4), bool), 0.05))
    expect(got < 0.01, f"cosine 1 against 0: wanted a loss below 0.01, got {got:.2f}")


EXERCISES = (
    Exercise.of(
        mine_negatives,
        checks=(
            follows_the_mining_rule,
            near_duplicates_of_the_answer_are_left,
            known_answers_are_left,
        ),
        probe=lambda mine: mine(SCORES, POSITIVE, KNOWN, count=4),
    ),
    Exercise.of(
        info_nce,
        checks=(
            follows_the_info_nce_formula,
            an_excluded_passage_changes_nothing,
            a_clear_answer_costs_nothing,
        ),
        probe=lambda loss: loss(_units(3, 0), _units(7, 1), ANSWER, EXCLUDED, 0.1),
    ),
)
