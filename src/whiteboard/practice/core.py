"""What an exercise is made of: a right implementation, checks, and named wrong variants."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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

    Attributes:
        name: what the mistake is called, in snake case.
        symptom: one sentence: what somebody who made it would see.
        function: it runs to the end and gives a wrong answer; it does not crash.
        caught_by: the names of all the checks that refuse it, and of no others.
    """

    name: str
    symptom: str
    function: Callable[..., Any]
    caught_by: frozenset[str]

    @classmethod
    def of(
        cls,
        function: Callable[..., Any],
        symptom: str = "",
        *,
        caught_by: Iterable[Callable[..., None]],
        name: str = "",
    ) -> Variant:
        """The mistake that a function makes.

        Args:
            function: its name is the mistake's, and its docstring's first line the symptom.
            symptom: where the docstring says something else.
            caught_by: all the check functions that refuse it.
            name: where the function has another name, or none.

        Raises:
            ValueError: there is no symptom.
        """
        name, symptom = name or function.__name__, symptom or _first_line(function)
        if not symptom:
            raise ValueError(f"{name} has no symptom: write it as the docstring")
        return cls(name, symptom, function, frozenset(check.__name__ for check in caught_by))


@dataclass(frozen=True)
class Exercise:
    """One function to write.

    Attributes:
        right: the right implementation; its name, signature and docstring are the exercise's text.
        checks: what a candidate must pass.
        variants: the known mistakes.
        probe: ``probe(function)`` calls a function on a few fixed inputs and returns its outputs, a
            pytree of arrays. A candidate whose outputs equal a variant's has made that mistake.
    """

    right: Callable[..., Any]
    checks: tuple[Check, ...]
    variants: tuple[Variant, ...]
    probe: Callable[[Callable[..., Any]], Any]

    @classmethod
    def of(
        cls,
        right: Callable[..., Any],
        *,
        checks: Iterable[Callable[..., None]],
        probe: Callable[[Callable[..., Any]], Any],
    ) -> Exercise:
        """An exercise by its check functions, in the order in which they are run."""
        return cls(right, tuple(Check(run) for run in checks), (), probe)

    @property
    def part(self) -> str:
        """The function's name, which also tells the parts of one question apart."""
        return self.right.__name__

    @property
    def says(self) -> str:
        return _first_line(self.right)


def assembled(exercises: Iterable[Exercise], mistakes: Iterable[Variant]) -> tuple[Exercise, ...]:
    """The exercises of a question, each with the mistakes that its checks refuse.

    Raises:
        ValueError: the checks that refuse a mistake are not all of one exercise.
    """
    found = {exercise: [*exercise.variants] for exercise in exercises}
    for mistake in mistakes:
        of = [e for e in found if mistake.caught_by <= {check.name for check in e.checks}]
        if len(of) != 1:
            names, parts = ", ".join(sorted(mistake.caught_by)), ", ".join(e.part for e in found)
            raise ValueError(
                f"{mistake.name} is caught by {names}: wanted checks of one exercise, of {parts}"
            )
        found[of[0]].append(mistake)
    return tuple(replace(e, variants=tuple(variants)) for e, variants in found.items())


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
