"""Search loops and stop rules as they are got wrong: each runs to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.practice.q19 import checks
from whiteboard.retrieval.graded_stop import StopReport, graded_stop
from whiteboard.retrieval.search_loop import Budget, Trajectory, search_loop

NO_LIMIT = 10**9


def loop_without_budget(question: str, *, budget: Budget, **parts: Any) -> Trajectory:
    """One hard question searches all night: nothing says stop while it finds something new."""
    return search_loop(question, budget=Budget(NO_LIMIT, NO_LIMIT, float(NO_LIMIT)), **parts)


def only_calls_counted(question: str, *, budget: Budget, **parts: Any) -> Trajectory:
    """Three calls, and a bill for a million tokens: the policy thought between them."""
    return search_loop(question, budget=Budget(budget.calls, NO_LIMIT, float(NO_LIMIT)), **parts)


def refusal_taken_for_no_result(
    question: str, *, search: Callable[[str], Any], **parts: Any
) -> Trajectory:
    """A malformed query ends the search as if the corpus had nothing, and no log says why."""

    def quiet(query: str) -> Any:
        try:
            return search(query)
        except ValueError:
            return ()

    return search_loop(question, search=quiet, **parts)


def only_the_last_search_kept(question: str, **parts: Any) -> Trajectory:
    """The second passage is handed on without the first: half of every answer is missing."""
    found = search_loop(question, **parts)
    return replace(found, held=found.steps[-1].found if found.steps else ())


def goes_on_when_it_has_enough(question: str, *, enough: float, **parts: Any) -> Trajectory:
    """Simple questions cost as much as hard ones."""
    return search_loop(question, enough=float(NO_LIMIT), **parts)


def repeats_asked_again(
    question: str, *, search: Callable[[str], Any], policy: Callable[..., Any], **parts: Any
) -> Trajectory:
    """The same words in another order are paid for again."""
    turns = count()

    def numbered(*state: Any) -> Any:
        move = policy(*state)
        return move and replace(move, query=f"{move.query} {next(turns)}")

    def plain(query: str) -> Any:
        return search(query.rpartition(" ")[0])

    found = search_loop(question, search=plain, policy=numbered, **parts)
    steps = (replace(step, query=step.query.rpartition(" ")[0]) for step in found.steps)
    return replace(found, steps=tuple(steps))


def grader_sees_the_answer(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    """In the report it stops just when it has all; in use there is no label to stop at."""
    right = graded_stop(grades, found, development, price)
    kept = found[~development]
    stop = jnp.argmax(kept.at[:, -1].set(True), axis=1) + 1
    return replace(right, calls=stop, answered=kept.any(axis=1))


def threshold_from_all_questions(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    """The threshold fits the questions it is reported on, and is worse on the next ones."""
    twice, held = (jnp.concatenate([part, part[~development]]) for part in (grades, found))
    return graded_stop(twice, held, jnp.arange(len(twice)) < len(grades), price)


def calls_are_free(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    """It searches to the end whenever that ever helped anyone."""
    return graded_stop(grades, found, development, 1e-6)


def answered_at_the_end(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    """The calls are those of an early stop and the answers those of a late one."""
    right = graded_stop(grades, found, development, price)
    return replace(right, answered=found[~development][:, -1])


MISTAKES = (
    # Of `search_loop`.
    Variant.of(
        loop_without_budget,
        caught_by=[
            checks.stops_at_its_calls,
            checks.stops_at_its_tokens,
            checks.stops_at_its_seconds,
        ],
    ),
    Variant.of(
        only_calls_counted, caught_by=[checks.stops_at_its_tokens, checks.stops_at_its_seconds]
    ),
    Variant.of(
        refusal_taken_for_no_result, caught_by=[checks.a_refusal_is_logged_and_spends_a_call]
    ),
    Variant.of(only_the_last_search_kept, caught_by=[checks.what_was_found_is_kept]),
    Variant.of(goes_on_when_it_has_enough, caught_by=[checks.stops_when_it_has_enough]),
    Variant.of(repeats_asked_again, caught_by=[checks.the_same_words_are_not_asked_twice]),
    # Of `graded_stop`.
    Variant.of(
        grader_sees_the_answer,
        caught_by=[checks.labels_do_not_stop_the_loop, checks.a_call_has_its_price],
    ),
    Variant.of(
        threshold_from_all_questions,
        caught_by=[checks.labels_do_not_stop_the_loop, checks.the_held_out_half_does_not_choose],
    ),
    Variant.of(calls_are_free, caught_by=[checks.a_call_has_its_price]),
    Variant.of(answered_at_the_end, caught_by=[checks.answers_are_those_held_at_the_stop]),
)
