"""The checks of a search loop, and of the threshold at which it may stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect
from whiteboard.retrieval.graded_stop import graded_stop
from whiteboard.retrieval.search_loop import Budget, Move, Trajectory, search_loop

Function = Callable[..., Any]


def _run(
    loop: Function,
    queries: Sequence[str],
    *,
    budget: Budget,
    tokens: int = 1,
    seconds: float = 0.0,
    enough: float = 99.0,
) -> Trajectory:
    """A loop that asks those queries in order; each finds a passage of its own and a common one."""
    moves = iter([Move(query, tokens) for query in queries])
    now, calls = [0.0], [0]

    def search(query: str) -> list[str]:
        now[0] += seconds
        calls[0] += 1
        if "?!" in query:
            raise ValueError("no letter")
        return ["common", f"passage {calls[0]}"]

    return loop(
        "question",
        search=search,
        policy=lambda question, steps, held: next(moves, None),
        grade=lambda question, held: float(len(held)),
        budget=budget,
        enough=enough,
        clock=lambda: now[0],
    )


MANY = tuple(f"query number {n}" for n in range(29))
WIDE = Budget(calls=10, tokens=1000, seconds=1000.0)


def stops_at_its_calls(loop: Function) -> None:
    """A policy with 29 queries gets no more calls than the budget has."""
    made = len(_run(loop, MANY, budget=Budget(3, 1000, 1000.0)).steps)
    expect(made == 3, f"a budget of 3 calls, 29 queries to ask: {made} were made")


def stops_at_its_tokens(loop: Function) -> None:
    """A policy that spends 40 tokens a query has two calls of 100 tokens, and not three."""
    made = len(_run(loop, MANY, tokens=40, budget=Budget(10, 100, 1000.0)).steps)
    expect(made == 2, f"a budget of 100 tokens, 40 a query: wanted 2 calls, got {made}")


def stops_at_its_seconds(loop: Function) -> None:
    """Searches of 4 seconds: after the third the 10 are over."""
    made = len(_run(loop, MANY, seconds=4.0, budget=Budget(10, 1000, 10.0)).steps)
    expect(made == 3, f"a budget of 10 seconds, 4 a search: wanted 3 calls, got {made}")


def a_refusal_is_logged_and_spends_a_call(loop: Function) -> None:
    """A refused call is a step with its reason, and the next query still has its turn."""
    got = _run(loop, ["a", "b ?!", "c"], budget=WIDE).steps
    said = [step.refused for step in got]
    expect(said == ["", "no letter", ""], f"the second of 3 calls is refused: logged was {said}")


def what_was_found_is_kept(loop: Function) -> None:
    """Passages of both searches are handed on, in the order of finding, none twice."""
    held = list(_run(loop, ["a", "b"], budget=WIDE).held)
    expect(held == ["common", "passage 1", "passage 2"], f"after two searches it holds {held}")


def the_same_words_are_not_asked_twice(loop: Function) -> None:
    """Another order and other capitals make no other query."""
    made = [step.query for step in _run(loop, ["how to join", "JOIN how to"], budget=WIDE).steps]
    expect(made == ["how to join"], f"asked were {made}")


def stops_when_it_has_enough(loop: Function) -> None:
    """A grade of 3 is enough: after the second search, and it says so."""
    got = _run(loop, MANY, budget=WIDE, enough=3.0)
    expect(len(got.steps) == 2 and got.enough, f"enough at 3 passages: held were {len(got.held)}")


GRADES = jnp.array([[0.3, 0.8], [0.2, 0.7], [0.9, 0.9], [0.8, 0.9], [0.3, 0.6], [0.4, 0.9]])
FOUND = jnp.array([[0, 1], [0, 1], [1, 1], [1, 1], [0, 1], [0, 1]], bool)
DEVELOPMENT = jnp.array([True, True, True, False, False, False])


def _stop(rule: Function, found: Array = FOUND, price: float = 0.05) -> tuple[list, list]:
    got = rule(GRADES, found, DEVELOPMENT, price)
    return got.calls.tolist(), got.answered.astype(int).tolist()


def labels_do_not_stop_the_loop(rule: Function) -> None:
    """The stops of the held-out half are the same whatever its labels say."""
    other = FOUND.at[3:].set(jnp.array([[0, 1], [1, 1], [1, 1]], bool))
    calls, changed = _stop(rule)[0], _stop(rule, other)[0]
    expect(calls == changed, f"stops after {calls} calls; with other labels after {changed}")


def answers_are_those_held_at_the_stop(rule: Function) -> None:
    """A question that stopped before its second passage came is not answered."""
    late = FOUND.at[3].set(jnp.array([False, True]))
    calls, answered = _stop(rule, late)
    want = [int(late[3 + n, call - 1]) for n, call in enumerate(calls)]
    expect(answered == want, f"at calls {calls} wanted {want}, got {answered}")


def the_held_out_half_does_not_choose(rule: Function) -> None:
    """Its labels move no threshold."""
    nothing = FOUND.at[3:].set(False)
    first, second = (float(rule(GRADES, f, DEVELOPMENT).threshold) for f in (FOUND, nothing))
    late = FOUND.at[3:].set(jnp.array([[0, 1]] * 3, bool))
    third = float(rule(GRADES, late, DEVELOPMENT).threshold)
    same = first == second == third
    expect(same, f"thresholds {first:.2f}, {second:.2f}, {third:.2f} for other held-out labels")


def a_call_has_its_price(rule: Function) -> None:
    """At a price of more than an answer every question stops after its first call."""
    calls = _stop(rule, price=1.5)[0]
    expect(calls == [1, 1, 1], f"a call costs 1.5 answers: stops after {calls}")


EXERCISES = (
    Exercise.of(
        search_loop,
        checks=(
            stops_at_its_calls,
            stops_at_its_tokens,
            stops_at_its_seconds,
            a_refusal_is_logged_and_spends_a_call,
            what_was_found_is_kept,
            the_same_words_are_not_asked_twice,
            stops_when_it_has_enough,
        ),
        probe=lambda loop: jnp.array(
            [
                len(part)
                for queries in (MANY, ["a", "b ?!", "c"], ["how to join", "JOIN how to"])
                for tokens in (1, 400)
                for got in [_run(loop, queries, tokens=tokens, budget=WIDE)]
                for part in (got.steps, got.held)
            ]
        ),
    ),
    Exercise.of(
        graded_stop,
        checks=(
            labels_do_not_stop_the_loop,
            answers_are_those_held_at_the_stop,
            the_held_out_half_does_not_choose,
            a_call_has_its_price,
        ),
        probe=lambda rule: jnp.array(
            [
                _stop(rule, found, price)
                for price in (0.05, 1.5)
                for found in (FOUND, FOUND.at[3].set(jnp.array([False, True])))
            ]
        ),
    ),
)
