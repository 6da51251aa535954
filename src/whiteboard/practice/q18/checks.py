"""The checks of a depth sweep, of its curve, and of the order of chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.prompt_order import best_at_the_ends
from whiteboard.retrieval.studies.depth_curve import depth_curve
from whiteboard.retrieval.studies.depth_trials import depth_trials

Function = Callable[..., Any]
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


# Checks of `depth_trials`.


def each_depth_asks_its_own_line(draw: Function) -> None:
    """Of 13 lines, depths 0, 1/4, 1/2, 3/4 and 1 ask for lines 0, 3, 6, 9 and 12."""
    got = np.asarray(draw(7, 13, DEPTHS, seed=1).answers)
    want = np.tile([0, 3, 6, 9, 12], (7, 1))
    wrong = got.shape != want.shape or (got != want).any()
    expect(not wrong, f"13 lines: wanted {want[0].tolist()} asked for, got {got[0].tolist()}")


def each_trial_has_its_own_list(draw: Function) -> None:
    """Thirty trials are thirty lists: only then do thirty answers count as thirty."""
    trials = draw(30, 11, DEPTHS, seed=2)
    for what, rows in (("names", trials.names), ("codes", trials.codes)):
        lists = len(np.unique(np.asarray(rows), axis=0))
        expect(lists == 30, f"30 trials: wanted 30 lists of {what}, got {lists}")


def each_question_has_one_answer(draw: Function) -> None:
    """In a list no name stands twice, and no code."""
    trials = draw(30, 23, DEPTHS, seed=3)
    for what, rows in (("name", trials.names), ("code", trials.codes)):
        ordered = np.sort(np.asarray(rows), axis=1)
        twice = int((ordered[:, 1:] == ordered[:, :-1]).any(axis=1).sum())
        expect(not twice, f"{twice} of 30 lists have a {what} twice")


def no_code_tells_its_line(draw: Function) -> None:
    """Codes and lines are uncorrelated: a number says nothing about its place."""
    codes = np.asarray(draw(200, 11, DEPTHS, seed=4).codes)
    lines = np.broadcast_to(np.arange(11), codes.shape)
    r = float(np.corrcoef(codes.ravel(), lines.ravel())[0, 1])
    expect(abs(r) < 0.1, f"200 lists: code and line are correlated, r = {r:.2f}")


# Checks of `depth_curve`.


def _hits(*counts: int, lists: int = 40) -> Array:
    """That many right answers at each depth, of 40."""
    return jnp.arange(lists)[:, None] < jnp.array([counts])


def each_depth_has_its_own_share(curve: Function) -> None:
    """Right answers over trials, depth by depth."""
    got = curve(_hits(40, 10, 30), 40).accuracy
    expect_close(got, np.array([1.0, 0.25, 0.75]), "40, 10 and 30 of 40 right")


def intervals_are_wilsons(curve: Function) -> None:
    """(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), in float64, with z of 1.96."""
    result, p, n, z = curve(_hits(40, 10, 0), 40), np.array([1, 0.25, 0]), 40, 1.959964
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    for name, sign in (("low", -1), ("high", 1)):
        want = (p + z**2 / (2 * n) + sign * half) / (1 + z**2 / n)
        expect_close(getattr(result, name), want, f"40, 10 and 0 of 40 right, {name} end")


def chance_is_one_of_the_choices(curve: Function) -> None:
    """Four values to choose from make chance a quarter; forty, a fortieth."""
    for choices in (4, 40):
        got = float(curve(_hits(20, 10), choices).chance)
        expect(abs(got - 1 / choices) < 1e-6, f"{choices} choices: chance {got:.4f}")


def a_guesser_is_not_above_chance(curve: Function) -> None:
    """Ten of 40 right is what guessing among four gives; 38 of 40 is not."""
    got = np.asarray(curve(_hits(38, 10), 4).above_chance).tolist()
    expect(got == [True, False], f"38 and 10 of 40 right, 4 choices: above chance {got}")


# Checks of `best_at_the_ends`.


def seven_are_1_3_5_7_6_4_2(order: Function) -> None:
    """Ranks 1 to 7 stand as 1 3 5 7 6 4 2, and 1 to 4 as 1 3 4 2."""
    for count, want in ((7, [1, 3, 5, 7, 6, 4, 2]), (4, [1, 3, 4, 2])):
        got = np.asarray(order(jnp.arange(1, count + 1))).tolist()
        expect(got == want, f"ranks 1 to {count}: wanted {want}, got {got}")


def the_second_best_is_last(order: Function) -> None:
    """The best comes first, the second best last: next to the question."""
    got = np.asarray(order(jnp.arange(1, 10))).tolist()
    expect((got[0], got[-1]) == (1, 2), f"9 chunks: ranks {got[0]} and {got[-1]} at the ends")


def the_weakest_is_in_the_middle(order: Function) -> None:
    """Of nine chunks the ninth stands fifth."""
    place = np.asarray(order(jnp.arange(1, 10))).tolist().index(9) + 1
    expect(place == 5, f"9 chunks: the weakest is number {place}")


EXERCISES = (
    Exercise.of(
        depth_trials,
        checks=(
            each_depth_asks_its_own_line,
            each_trial_has_its_own_list,
            each_question_has_one_answer,
            no_code_tells_its_line,
        ),
        probe=lambda draw: [tuple(draw(7, 13, DEPTHS, seed=seed)) for seed in (1, 2)],
    ),
    Exercise.of(
        depth_curve,
        checks=(
            each_depth_has_its_own_share,
            intervals_are_wilsons,
            chance_is_one_of_the_choices,
            a_guesser_is_not_above_chance,
        ),
        probe=lambda curve: tuple(curve(_hits(40, 10, 30), 4)),
    ),
    Exercise.of(
        best_at_the_ends,
        checks=(seven_are_1_3_5_7_6_4_2, the_second_best_is_last, the_weakest_is_in_the_middle),
        probe=lambda order: order(jnp.arange(1, 8)),
    ),
)
