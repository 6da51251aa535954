"""A depth sweep as it is got wrong: each function runs, and its curve looks like a result."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.practice.q18 import checks
from whiteboard.retrieval.studies.depth_curve import DepthCurve, depth_curve
from whiteboard.retrieval.studies.depth_trials import CODES, NAMES, Trials, depth_trials


def fixed_answer_position(
    lists: int, lines: int, depths: Sequence[float], *, seed: int = 0
) -> Trials:
    """The answer is always in one place: a model that reads only there looks perfect."""
    trials = depth_trials(lists, lines, depths, seed=seed)
    return trials._replace(answers=np.zeros_like(trials.answers))


def one_prompt_per_depth(
    lists: int, lines: int, depths: Sequence[float], *, seed: int = 0
) -> Trials:
    """One list, asked again and again: narrow intervals around one draw's luck."""
    one = depth_trials(1, lines, depths, seed=seed)
    return Trials(*(np.tile(rows, (lists, 1)) for rows in one))


def codes_in_order(lists: int, lines: int, depths: Sequence[float], *, seed: int = 0) -> Trials:
    """Codes grow down the list: the place can be guessed from the number."""
    trials = depth_trials(lists, lines, depths, seed=seed)
    return trials._replace(codes=np.sort(trials.codes, axis=1))


def names_repeat(lists: int, lines: int, depths: Sequence[float], *, seed: int = 0) -> Trials:
    """A name stands in two lines: the question has two answers, one of them marked wrong."""
    trials = depth_trials(lists, lines, depths, seed=seed)
    draw = np.random.default_rng(seed)
    return trials._replace(
        names=draw.integers(len(NAMES), size=(lists, lines)),
        codes=draw.choice(np.array(CODES), size=(lists, lines)),
    )


def chance_not_shown(hits: Array, choices: int) -> DepthCurve:
    """Without a chance level every depth looks as if something were read there."""
    curve = depth_curve(hits, choices)
    return curve._replace(chance=jnp.array(0.0), above_chance=curve.low > 0)


def chance_of_a_blind_guess(hits: Array, choices: int) -> DepthCurve:
    """Chance is that of any number, though the scoring offers a few to choose from."""
    curve, blind = depth_curve(hits, choices), 1 / len(CODES)
    return curve._replace(chance=jnp.array(blind), above_chance=curve.low > blind)


def depths_averaged(hits: Array, choices: int) -> DepthCurve:
    """One number for the whole prompt: the ends pay for the middle."""
    pooled = depth_curve(hits.reshape(-1, 1), choices)
    depths = hits.shape[1]
    accuracy, low, high, above = (
        jnp.repeat(part, depths) for part in (*pooled[:3], pooled.above_chance)
    )
    return DepthCurve(accuracy, low, high, pooled.chance, above)


def no_width_when_all_are_right(hits: Array, choices: int) -> DepthCurve:
    """All right in 30 trials, and the interval says that it cannot fail."""
    share = hits.mean(axis=0)
    half = 1.96 * jnp.sqrt(share * (1 - share) / len(hits))
    low, high, chance = share - half, share + half, jnp.array(1 / choices)
    return DepthCurve(share, low, high, chance, low > chance)


def best_first_is_the_cure(ranked: Array) -> Array:
    """The list was sorted already: the 'reordering' changes nothing."""
    return ranked


def best_in_the_middle(ranked: Array) -> Array:
    """Sorted from the wrong end: the best passage is where it is read least."""
    back = ranked[::-1]
    return jnp.concatenate([back[::2], back[1::2][::-1]])


def second_half_turned(ranked: Array) -> Array:
    """Half of the list stands turned: ranks 2 and 3 at the front, a middling one at the end."""
    half = (len(ranked) + 1) // 2
    return jnp.concatenate([ranked[:half], ranked[half:][::-1]])


ORDER = (
    checks.seven_are_1_3_5_7_6_4_2,
    checks.the_second_best_is_last,
    checks.the_weakest_is_in_the_middle,
)
MISTAKES = (
    # Of `depth_trials`.
    Variant.of(fixed_answer_position, caught_by=[checks.each_depth_asks_its_own_line]),
    Variant.of(
        one_prompt_per_depth,
        caught_by=[checks.each_trial_has_its_own_list, checks.no_code_tells_its_line],
    ),
    Variant.of(codes_in_order, caught_by=[checks.no_code_tells_its_line]),
    Variant.of(names_repeat, caught_by=[checks.each_question_has_one_answer]),
    # Of `depth_curve`.
    Variant.of(
        chance_not_shown,
        caught_by=[checks.chance_is_one_of_the_choices, checks.a_guesser_is_not_above_chance],
    ),
    Variant.of(
        chance_of_a_blind_guess,
        caught_by=[checks.chance_is_one_of_the_choices, checks.a_guesser_is_not_above_chance],
    ),
    Variant.of(
        depths_averaged,
        caught_by=[
            checks.each_depth_has_its_own_share,
            checks.intervals_are_wilsons,
            checks.a_guesser_is_not_above_chance,
        ],
    ),
    Variant.of(no_width_when_all_are_right, caught_by=[checks.intervals_are_wilsons]),
    # Of `best_at_the_ends`.
    Variant.of(
        best_first_is_the_cure,
        caught_by=ORDER,
    ),
    Variant.of(
        best_in_the_middle,
        caught_by=ORDER,
    ),
    Variant.of(
        second_half_turned,
        caught_by=ORDER,
    ),
)
