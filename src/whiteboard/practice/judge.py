"""Judges an implementation by an exercise's checks, and names the known mistake it has made."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from whiteboard.practice.catalogue import exercise, exercises
from whiteboard.practice.core import Exercise, Refused, Variant


@dataclass(frozen=True)
class Failure:
    """A check that refused the candidate, or that the candidate crashed in."""

    check: str
    message: str
    crashed: bool = False


@dataclass(frozen=True)
class Report:
    """What the judge found.

    ``looks_like`` names a wrong variant; ``certain`` says whether its outputs are the candidate's
    own, or it only fails the same checks.
    """

    part: str
    checks: tuple[str, ...]
    failures: tuple[Failure, ...]
    looks_like: str | None = None
    symptom: str = ""
    certain: bool = False

    @property
    def passed(self) -> bool:
        return not self.failures

    def __str__(self) -> str:
        total = len(self.checks)
        if self.passed:
            return f"{self.part}: passes all {total} checks"
        lines = [f"{self.part}: refused by {len(self.failures)} of {total} checks"]
        messages = {f.message for f in self.failures}
        if len(self.failures) == total > 1 == len(messages):  # as when it crashes at once
            lines.append(f"  each: {messages.pop()}")
        else:
            lines += [f"  {f.check}: {f.message}" for f in self.failures]
        if self.looks_like:
            lines.append(f"{'looks' if self.certain else 'fails'} like {self.looks_like}")
            lines.append(f"  {self.symptom}")
        return "\n".join(lines)


def judge(
    question: int,
    candidate: Callable[..., Any],
    part: str | None = None,
    on_check: Callable[[str], None] = lambda name: None,
) -> Report:
    """Runs every check of an exercise on a candidate.

    Args:
      question: 1 to 51.
      candidate: the function to judge. It is called, so it must be trusted or sandboxed.
      part: which function of the question; without it the part that the candidate is a known
        variant of, else the first.
      on_check: told each check's name before it runs.
    """
    wanted = exercise(question, part or _part_of(question, candidate))
    failures = []
    for check in wanted.checks:
        on_check(check.name)
        if failure := _run(check.name, check.run, candidate):
            failures.append(failure)
    report = Report(wanted.part, tuple(c.name for c in wanted.checks), tuple(failures))
    return report if report.passed else _explained(report, wanted, candidate)


def _part_of(question: int, candidate: Callable[..., Any]) -> str | None:
    for each in exercises(question):
        if candidate is each.right or any(candidate is v.function for v in each.variants):
            return each.part
    return None


def _run(name: str, check: Callable[..., None], candidate: Callable[..., Any]) -> Failure | None:
    try:
        check(candidate)
    except Refused as refusal:
        return Failure(name, str(refusal))
    except (Exception, SystemExit) as error:
        return Failure(name, _crash(error, candidate), crashed=True)
    return None


def _crash(error: BaseException, candidate: Callable[..., Any]) -> str:
    """``raised TypeError: what it says (line 12)``, the line being one of the candidate's file."""
    code = getattr(inspect.unwrap(candidate), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f.lineno for f in frames if code and f.filename == code.co_filename]
    text = str(error).strip().partition("\n")[0][:200]
    where = f" (line {lines[-1]})" if lines else ""
    return f"raised {type(error).__name__}{': ' + text if text else ''}{where}"


def _explained(report: Report, wanted: Exercise, candidate: Callable[..., Any]) -> Report:
    """Adds the known mistake: the variant with the candidate's outputs, else with its failures."""
    failed = frozenset(f.check for f in report.failures)
    twins = _same_outputs(wanted, candidate)
    twins.sort(key=lambda v: v.caught_by != failed)
    alike = [v for v in wanted.variants if v.caught_by == failed]
    crashed = any(f.crashed for f in report.failures)
    if twins:
        return _blame(report, twins[0], certain=True)
    if len(alike) == 1 and not crashed:
        return _blame(report, alike[0], certain=False)
    return report


def _blame(report: Report, mistake: Variant, *, certain: bool) -> Report:
    return Report(
        report.part, report.checks, report.failures, mistake.name, mistake.symptom, certain
    )


def _same_outputs(wanted: Exercise, candidate: Callable[..., Any]) -> list[Variant]:
    """The variants whose outputs are the candidate's."""
    try:
        got = wanted.probe(candidate)
    except (Exception, SystemExit):
        return []
    return [mistake for mistake, theirs in _wrong_outputs(wanted) if _equal(got, theirs)]


@functools.cache
def _wrong_outputs(wanted: Exercise) -> list[tuple[Variant, Any]]:
    """The outputs of each variant that differ from the right ones: only they can tell."""
    right = wanted.probe(wanted.right)
    outputs = [(v, wanted.probe(v.function)) for v in wanted.variants]
    return [(v, theirs) for v, theirs in outputs if not _equal(theirs, right)]


def _equal(left: Any, right: Any) -> bool:
    (a, shape_a), (b, shape_b) = jax.tree.flatten(left), jax.tree.flatten(right)
    if str(shape_a) != str(shape_b):
        return False
    return all(_close(np.asarray(a), np.asarray(b)) for a, b in zip(a, b, strict=True))


def _close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.allclose(
        a.astype(float), b.astype(float), rtol=1e-4, atol=1e-5, equal_nan=True
    )
