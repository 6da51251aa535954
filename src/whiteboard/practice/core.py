"""What an exercise is made of: a right implementation, checks, and named wrong variants."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Refused(AssertionError):  # noqa: N818 - it is a verdict, not an error of ours
    """A check's verdict that an implementation is wrong; the message holds a counter-example."""


@dataclass(frozen=True)
class Check:
    """One named check: ``run(candidate)`` returns, or raises `Refused` with a counter-example.

    The function's name is the check's name; its docstring's first line says what must hold.
    """

    run: Callable[[Callable[..., Any]], None]

    @property
    def name(self) -> str:
        return self.run.__name__

    @property
    def says(self) -> str:
        return _first_line(self.run)


@dataclass(frozen=True)
class Variant:
    """A well-known wrong implementation.

    Args:
      name: what the mistake is called, in snake case.
      symptom: one sentence: what somebody who made it would see.
      function: it runs to the end and gives a wrong answer; it does not crash.
      caught_by: the names of all the checks that refuse it, and of no others.
    """

    name: str
    symptom: str
    function: Callable[..., Any]
    caught_by: frozenset[str]


@dataclass(frozen=True)
class Exercise:
    """One function to write.

    Args:
      question: 1 to 51.
      right: the right implementation; its name, signature and docstring are the exercise's text.
      checks: what a candidate must pass.
      variants: the known mistakes.
      probe: ``probe(function)`` calls a function on a few fixed inputs and returns its outputs, a
        pytree of arrays. A candidate whose outputs equal a variant's has made that mistake.
    """

    question: int
    right: Callable[..., Any]
    checks: tuple[Check, ...]
    variants: tuple[Variant, ...]
    probe: Callable[[Callable[..., Any]], Any]

    @property
    def part(self) -> str:
        """The function's name, which also tells the parts of one question apart."""
        return self.right.__name__

    @property
    def says(self) -> str:
        return _first_line(self.right)


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
