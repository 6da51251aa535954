"""Finds the exercises: those of question 1 are in the room ``whiteboard.practice.q01``."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from typing import Any

from whiteboard import practice
from whiteboard.practice.core import Exercise

QUESTIONS = 51


def exercised() -> tuple[int, ...]:
    """The questions that have an exercise, in order."""
    names = (module.name for module in pkgutil.iter_modules(practice.__path__))
    return tuple(sorted(int(name[1:]) for name in names if re.fullmatch(r"q\d\d", name)))


def exercises(question: int) -> tuple[Exercise, ...]:
    """The exercises of a question, the first being the default part.

    Raises:
      LookupError: no such question, or no exercise for it yet.
    """
    if not 1 <= question <= QUESTIONS:
        raise LookupError(f"there is no question {question}: they are 1 to {QUESTIONS}")
    have = exercised()
    if question not in have:
        listed = ", ".join(map(str, have)) or "none"
        raise LookupError(f"question {question} has no exercise yet; these have: {listed}")
    room = importlib.import_module(f"{practice.__name__}.q{question:02d}")
    return tuple(room.EXERCISES)


def exercise(question: int, part: str | None = None) -> Exercise:
    """One exercise of a question; the first when no part is named.

    Raises:
      LookupError: no such question, exercise or part.
    """
    every = exercises(question)
    found = [e for e in every if part is None or e.part == part]
    if not found:
        parts = ", ".join(e.part for e in every)
        raise LookupError(f"question {question} has no part {part!r}: it has {parts}")
    return found[0]


def variant(question: int, name: str) -> Callable[..., Any]:
    """The wrong implementation of that name, from any part of the question.

    Raises:
      LookupError: no such variant; the message names those there are.
    """
    every = {v.name: v.function for e in exercises(question) for v in e.variants}
    if name not in every:
        raise LookupError(f"question {question} has no variant {name!r}: it has {', '.join(every)}")
    return every[name]
