"""Search loops and stop rules as they are got wrong: each runs to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.retrieval.graded_stop import StopReport, graded_stop
from whiteboard.retrieval.search_loop import Budget, Trajectory, search_loop

NO_LIMIT = 10**9


def loop_without_budget(question: str, *, budget: Budget, **parts: Any) -> Trajectory:
    return search_loop(question, budget=Budget(NO_LIMIT, NO_LIMIT, float(NO_LIMIT)), **parts)


def only_calls_counted(question: str, *, budget: Budget, **parts: Any) -> Trajectory:
    return search_loop(question, budget=Budget(budget.calls, NO_LIMIT, float(NO_LIMIT)), **parts)


def refusal_taken_for_no_result(
    question: str, *, search: Callable[[str], Any], **parts: Any
) -> Trajectory:
    def quiet(query: str) -> Any:
        try:
            return search(query)
        except ValueError:
            return ()

    return search_loop(question, search=quiet, **parts)


def only_the_last_search_kept(question: str, **parts: Any) -> Trajectory:
    found = search_loop(question, **parts)
    return replace(found, held=found.steps[-1].found if found.steps else ())


def goes_on_when_it_has_enough(question: str, *, enough: float, **parts: Any) -> Trajectory:
    return search_loop(question, enough=float(NO_LIMIT), **parts)


def repeats_asked_again(
    question: str, *, search: Callable[[str], Any], policy: Callable[..., Any], **parts: Any
) -> Trajectory:
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
    right = graded_stop(grades, found, development, price)
    kept = found[~development]
    stop = jnp.argmax(kept.at[:, -1].set(True), axis=1) + 1
    return replace(right, calls=stop, answered=kept.any(axis=1))


def threshold_from_all_questions(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    twice, held = (jnp.concatenate([part, part[~development]]) for part in (grades, found))
    return graded_stop(twice, held, jnp.arange(len(twice)) < len(grades), price)


def calls_are_free(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    return graded_stop(grades, found, development, 1e-6)


def answered_at_the_end(
    grades: Array, found: Array, development: Array, price: float = 0.05
) -> StopReport:
    right = graded_stop(grades, found, development, price)
    return replace(right, answered=found[~development][:, -1])


def _variant(function: Callable[..., Any], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


LOOP = (
    _variant(
        loop_without_budget,
        "One hard question searches all night: nothing says stop while it finds something new.",
        "stops_at_its_calls",
        "stops_at_its_tokens",
        "stops_at_its_seconds",
    ),
    _variant(
        only_calls_counted,
        "Three calls, and a bill for a million tokens: the policy thought between them.",
        "stops_at_its_tokens",
        "stops_at_its_seconds",
    ),
    _variant(
        refusal_taken_for_no_result,
        "A malformed query ends the search as if the corpus had nothing, and no log says why.",
        "a_refusal_is_logged_and_spends_a_call",
    ),
    _variant(
        only_the_last_search_kept,
        "The second passage is handed on without the first: half of every answer is missing.",
        "what_was_found_is_kept",
    ),
    _variant(
        goes_on_when_it_has_enough,
        "Simple questions cost as much as hard ones.",
        "stops_when_it_has_enough",
    ),
    _variant(
        repeats_asked_again,
        "The same words in another order are paid for again.",
        "the_same_words_are_not_asked_twice",
    ),
)
STOP = (
    _variant(
        grader_sees_the_answer,
        "In the report it stops just when it has all; in use there is no label to stop at.",
        "labels_do_not_stop_the_loop",
        "a_call_has_its_price",
    ),
    _variant(
        threshold_from_all_questions,
        "The threshold fits the questions it is reported on, and is worse on the next ones.",
        "labels_do_not_stop_the_loop",
        "the_held_out_half_does_not_choose",
    ),
    _variant(
        calls_are_free,
        "It searches to the end whenever that ever helped anyone.",
        "a_call_has_its_price",
    ),
    _variant(
        answered_at_the_end,
        "The calls are those of an early stop and the answers those of a late one.",
        "answers_are_those_held_at_the_stop",
    ),
)
