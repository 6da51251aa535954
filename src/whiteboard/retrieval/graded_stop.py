"""When is what was found enough? A grade without labels, and what a threshold on it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from whiteboard.retrieval.analyze import analyze


# --8<-- [start:coverage]
def covered(question: str, passages: Iterable[str], idf: Mapping[str, float]) -> float:
    """The share of the question's terms that the passages hold, each term counted by its idf.

    Args:
        question: text of the question.
        passages: texts found so far.
        idf: weight of each term of the corpus; other terms are left out.

    Returns:
        A share, 0 to 1; 0 when no term of the question is in the corpus.
    """
    terms = {term for term in analyze(question) if term in idf}
    held = {term for passage in passages for term in analyze(passage)}
    total = sum(idf[term] for term in terms)
    return sum(idf[term] for term in terms & held) / total if total else 0.0


# --8<-- [end:coverage]


@dataclass(frozen=True)
class StopReport:
    """What a threshold, chosen on the development half, does on the held-out half.

    Attributes:
        threshold: of the grade.
        calls: after how many each held-out question stopped.
        answered: whether it had found all of its answers by then.
    """

    threshold: float
    calls: Int[Array, " held_out"]
    answered: Bool[Array, " held_out"]


# --8<-- [start:stop]
def graded_stop(
    grades: Float[Array, "questions calls"],
    found: Bool[Array, "questions calls"],
    development: Bool[Array, " questions"],
    price: float = 0.05,
) -> StopReport:
    """Stop at the first call whose grade reaches a threshold; if none does, after the last.

    The threshold is the one with the best mean of (answered - price * calls) on the development
    half. There the labels are used. On the held-out half they only say afterwards how it went: no
    label is read before the loop has stopped.

    Args:
        grades: of all passages found up to each call.
        found: whether all answers were found by then.
        development: True for the questions that choose the threshold.
        price: of a call, in answered questions.

    Returns:
        The threshold, and what stopping by it gives on the held-out half.
    """
    values = jnp.unique(grades[development])
    candidates = jnp.concatenate([values, values[-1:] + 1])
    worth = jax.vmap(lambda threshold: _worth(grades, found, threshold, price))(candidates)
    threshold = candidates[jnp.argmax(worth[:, development].mean(axis=1))]
    held_out = ~development
    stop = _calls(grades[held_out], threshold)
    return StopReport(float(threshold), stop, _at(found[held_out], stop))


# --8<-- [end:stop]


def _worth(
    grades: Float[Array, "questions calls"],
    found: Bool[Array, "questions calls"],
    threshold: Float[Array, ""],
    price: float,
) -> Float[Array, " questions"]:
    calls = _calls(grades, threshold)
    return _at(found, calls) - price * calls


def _calls(
    grades: Float[Array, "questions calls"], threshold: Float[Array, ""]
) -> Int[Array, " questions"]:
    """The first call, from 1, whose grade reaches the threshold, or the last."""
    return jnp.argmax((grades >= threshold).at[:, -1].set(True), axis=1) + 1


def _at(
    found: Bool[Array, "questions calls"], calls: Int[Array, " questions"]
) -> Bool[Array, " questions"]:
    return jnp.take_along_axis(found, calls[:, None] - 1, axis=1)[:, 0]
