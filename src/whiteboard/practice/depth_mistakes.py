"""A depth sweep as it is got wrong: each function runs, and its curve looks like a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.retrieval.studies.depth_curve import DepthCurve, depth_curve
from whiteboard.retrieval.studies.depth_trials import CODES, NAMES, Trials, depth_trials


def fixed_answer_position(
    lists: int, lines: int, depths: Sequence[float], *, seed: int = 0
) -> Trials:
    trials = depth_trials(lists, lines, depths, seed=seed)
    return trials._replace(answers=np.zeros_like(trials.answers))


def one_prompt_per_depth(
    lists: int, lines: int, depths: Sequence[float], *, seed: int = 0
) -> Trials:
    one = depth_trials(1, lines, depths, seed=seed)
    return Trials(*(np.tile(rows, (lists, 1)) for rows in one))


def codes_in_order(lists: int, lines: int, depths: Sequence[float], *, seed: int = 0) -> Trials:
    trials = depth_trials(lists, lines, depths, seed=seed)
    return trials._replace(codes=np.sort(trials.codes, axis=1))


def names_repeat(lists: int, lines: int, depths: Sequence[float], *, seed: int = 0) -> Trials:
    trials = depth_trials(lists, lines, depths, seed=seed)
    draw = np.random.default_rng(seed)
    return trials._replace(
        names=draw.integers(len(NAMES), size=(lists, lines)),
        codes=draw.choice(np.array(CODES), size=(lists, lines)),
    )


def chance_not_shown(hits: Array, choices: int) -> DepthCurve:
    curve = depth_curve(hits, choices)
    return curve._replace(chance=jnp.array(0.0), above_chance=curve.low > 0)


def chance_of_a_blind_guess(hits: Array, choices: int) -> DepthCurve:
    curve, blind = depth_curve(hits, choices), 1 / len(CODES)
    return curve._replace(chance=jnp.array(blind), above_chance=curve.low > blind)


def depths_averaged(hits: Array, choices: int) -> DepthCurve:
    pooled = depth_curve(hits.reshape(-1, 1), choices)
    depths = hits.shape[1]
    accuracy, low, high, above = (
        jnp.repeat(part, depths) for part in (*pooled[:3], pooled.above_chance)
    )
    return DepthCurve(accuracy, low, high, pooled.chance, above)


def no_width_when_all_are_right(hits: Array, choices: int) -> DepthCurve:
    share = hits.mean(axis=0)
    half = 1.96 * jnp.sqrt(share * (1 - share) / len(hits))
    low, high, chance = share - half, share + half, jnp.array(1 / choices)
    return DepthCurve(share, low, high, chance, low > chance)


def best_first_is_the_cure(ranked: Array) -> Array:
    return ranked


def best_in_the_middle(ranked: Array) -> Array:
    back = ranked[::-1]
    return jnp.concatenate([back[::2], back[1::2][::-1]])


def second_half_turned(ranked: Array) -> Array:
    half = (len(ranked) + 1) // 2
    return jnp.concatenate([ranked[:half], ranked[half:][::-1]])


def _variant(function: Callable[..., Any], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


OF_TRIALS = (
    _variant(
        fixed_answer_position,
        "The answer is always in one place: a model that reads only there looks perfect.",
        "each_depth_asks_its_own_line",
    ),
    _variant(
        one_prompt_per_depth,
        "One list, asked again and again: narrow intervals around one draw's luck.",
        "each_trial_has_its_own_list",
        "no_code_tells_its_line",
    ),
    _variant(
        codes_in_order,
        "Codes grow down the list: the place can be guessed from the number.",
        "no_code_tells_its_line",
    ),
    _variant(
        names_repeat,
        "A name stands in two lines: the question has two answers, one of them marked wrong.",
        "each_question_has_one_answer",
    ),
)
OF_CURVE = (
    _variant(
        chance_not_shown,
        "Without a chance level every depth looks as if something were read there.",
        "chance_is_one_of_the_choices",
        "a_guesser_is_not_above_chance",
    ),
    _variant(
        chance_of_a_blind_guess,
        "Chance is that of any number, though the scoring offers a few to choose from.",
        "chance_is_one_of_the_choices",
        "a_guesser_is_not_above_chance",
    ),
    _variant(
        depths_averaged,
        "One number for the whole prompt: the ends pay for the middle.",
        "each_depth_has_its_own_share",
        "intervals_are_wilsons",
        "a_guesser_is_not_above_chance",
    ),
    _variant(
        no_width_when_all_are_right,
        "All right in 30 trials, and the interval says that it cannot fail.",
        "intervals_are_wilsons",
    ),
)
OF_ORDER = (
    _variant(
        best_first_is_the_cure,
        "The list was sorted already: the 'reordering' changes nothing.",
        "seven_are_1_3_5_7_6_4_2",
        "the_second_best_is_last",
        "the_weakest_is_in_the_middle",
    ),
    _variant(
        best_in_the_middle,
        "Sorted from the wrong end: the best passage is where it is read least.",
        "seven_are_1_3_5_7_6_4_2",
        "the_second_best_is_last",
        "the_weakest_is_in_the_middle",
    ),
    _variant(
        second_half_turned,
        "Half of the list stands turned: ranks 2 and 3 at the front, a middling one at the end.",
        "seven_are_1_3_5_7_6_4_2",
        "the_second_best_is_last",
        "the_weakest_is_in_the_middle",
    ),
)
