"""Claims: what is commonly said about a question, the verdict, and what computes or cites it."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from whiteboard.site.front_matter import digits

VERDICTS = ("holds", "corrected", "folklore", "cited")
# What names a source: a link to an item of Sources, or where to find the thing itself.
SOURCE = re.compile(r"\(#src-[\w-]+\)|arXiv[ :]?\d{4}\.\d{4,5}|RFC \d+|https?://", re.IGNORECASE)


class ClaimError(ValueError):
    """Claims that break the schema. `problems` holds one message a mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ValueMismatchError(AssertionError):
    """A check whose expression does not give the value that the page shows."""


@dataclass(frozen=True)
class Check:
    """`expr`, evaluated in the page's namespace, gives `value` to the digits it is written with."""

    expr: str
    value: Any
    tolerance: float | None = None


@dataclass(frozen=True)
class Claim:
    """One claim of a page. `right` says what is so; empty when the claim holds as it stands."""

    id: str
    says: str
    verdict: str
    right: str = ""
    checks: tuple[Check, ...] = ()
    source: str = ""


def parse_claims(meta: Mapping[str, Any]) -> tuple[Claim, ...]:
    """The claims of a page's front matter. Raises ClaimError with every mistake in them.

    Those of a question's page are numbered `q02-c3`; another page names them `plan-c3`.
    """
    entries = meta.get("claims") or []
    left_out = meta.get("left_out") or {}
    if not isinstance(entries, list) or not isinstance(left_out, dict):
        raise ClaimError(["claims: wanted `claims` a list, and `left_out` a map of id to reason"])
    problems = []
    for entry in entries:
        if isinstance(entry, dict) and entry.get("id"):
            problems += [f"claim {entry['id']}: {problem}" for problem in _problems(entry)]
        else:
            problems.append(f"claims: wanted {{id, says, verdict, ...}}, got {entry!r}")
    if not problems:
        problems = list(_id_problems(meta.get("number"), [e["id"] for e in entries], left_out))
    if problems:
        raise ClaimError(problems)
    return tuple(_claim(entry) for entry in entries)


def check_value(check: Check, namespace: Mapping[str, Any]) -> None:
    """Evaluate a check. Raises ValueMismatchError, with wanted and got, on another value.

    A number must equal the result rounded to the digits shown: |result - value| is at most half
    a unit of the last digit, or `tolerance`. Strings and booleans are compared as they are.
    """
    try:
        result = eval(check.expr, dict(namespace))
    except Exception as error:
        raise ValueMismatchError(
            f"`{check.expr}` does not run after the page's last block: "
            f"{type(error).__name__}: {error}"
        ) from error
    if getattr(result, "shape", None) == ():  # a scalar of JAX or NumPy
        result = result.item()
    if not _agrees(check, result):
        wanted = digits(check.value)
        raise ValueMismatchError(
            f"`{check.expr}`: wanted {wanted}, got {result!r}. Mend one of the two"
        )


def _agrees(check: Check, result: Any) -> bool:
    if isinstance(check.value, bool | str) or isinstance(result, bool):
        return type(result) is type(check.value) and bool(result == check.value)
    if not isinstance(result, int | float) or not math.isfinite(result):
        return False
    allowed = half_unit(digits(check.value))
    if check.tolerance is not None:
        allowed = Decimal(check.tolerance)
    return abs(Decimal(repr(result)) - Decimal(digits(check.value))) <= allowed


def half_unit(text: str) -> Decimal:
    """Half a unit of the last digit of a number as written: 0.005 for `0.50`."""
    exponent = Decimal(text).as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)


def _claim(entry: dict[str, Any]) -> Claim:
    checks = tuple(Check(**check) for check in entry.get("checks", ()))
    return Claim(**{**entry, "checks": checks})


def _problems(entry: dict[str, Any]) -> Iterator[str]:
    if unknown := sorted(set(entry) - set(Claim.__dataclass_fields__)):
        known = ", ".join(Claim.__dataclass_fields__)
        yield f"unknown key {', '.join(unknown)}; the keys are {known}"
    for key in ("says", "verdict"):
        if not _text(entry.get(key)):
            yield f"`{key}` is missing"
    for key in ("right", "source"):
        if key in entry and not _text(entry[key]):
            yield f"`{key}`: wanted text, got {entry[key]!r}; leave the key out when there is none"
    yield from _verdict_problems(entry)
    checks = entry.get("checks", [])
    if "checks" in entry and (not isinstance(checks, list) or not checks):
        yield f"`checks`: wanted a list of {{expr, value}}, got {checks!r}"
    elif isinstance(checks, list):
        for index, check in enumerate(checks, 1):
            yield from (f"check {index}: {problem}" for problem in _check_problems(check))


def _verdict_problems(entry: dict[str, Any]) -> Iterator[str]:
    verdict = entry.get("verdict")
    if verdict == "unverifiable":
        yield "not to be repeated as a fact: move the id to left_out with the reason"
    elif verdict and verdict not in VERDICTS:
        yield f"verdict {verdict!r}: wanted one of {', '.join(VERDICTS)}"
    if verdict == "cited" and "checks" in entry:
        yield "verdict cited has no checks: what is computed is holds, corrected or folklore"
    if verdict == "cited" and "source" not in entry:
        yield "verdict cited needs a `source`"
    elif verdict in VERDICTS and not entry.get("checks") and "source" not in entry:
        yield f"verdict {verdict} needs `checks` that compute it, or a `source`"
    if verdict in ("corrected", "folklore") and "right" not in entry:
        yield f"verdict {verdict} needs `right`: say what is so"
    if _text(entry.get("source")) and not SOURCE.search(entry["source"]):
        yield (
            "`source`: link an item of Sources, [name, section](#src-name), "
            "or give an arXiv number, RFC or URL"
        )


def _check_problems(check: Any) -> Iterator[str]:
    if not isinstance(check, dict) or not {"expr", "value"} <= set(check) <= {
        *Check.__dataclass_fields__
    }:
        yield f"wanted {{expr, value}} and perhaps tolerance, got {check!r}"
        return
    value, tolerance = check["value"], check.get("tolerance")
    if not isinstance(value, int | float | str) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        yield f"`value`: wanted a number, a string, true or false, got {value!r}"
    elif tolerance is not None:
        yield from _tolerance_problems(value, tolerance)
    yield from _expr_problems(check["expr"])


def _tolerance_problems(value: Any, tolerance: Any) -> Iterator[str]:
    number = not isinstance(value, bool | str)
    if not number or isinstance(tolerance, bool | str) or not tolerance >= 0:
        yield f"`tolerance`: wanted a number of 0 or more beside a number, got {tolerance!r}"
    elif Decimal(tolerance) > half_unit(digits(value)):
        yield (
            f"`tolerance` {digits(tolerance)} is looser than the digits of {digits(value)} show "
            f"({half_unit(digits(value)):f}): write fewer digits, or drop it"
        )


def _expr_problems(expr: Any) -> Iterator[str]:
    try:
        node = ast.parse(expr, mode="eval").body
    except (SyntaxError, TypeError):
        yield f"`expr`: wanted a Python expression, got {expr!r}"
        return
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        yield f"`expr`: {expr} computes nothing; name what the page's code defines"


def _id_problems(question: int | None, ids: list[str], left_out: dict[str, Any]) -> Iterator[str]:
    pattern, example = r"[a-z]+-c\d+", "plan-c1"
    if question is not None:
        pattern, example = rf"q{question:02d}-c\d+", f"q{question:02d}-c1"
    for name in [*ids, *left_out]:
        if not re.fullmatch(pattern, str(name)):
            yield f"claim {name}: wanted an id of the form {example}"
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"claim {name} stands twice: merge the two"
    for name in sorted(set(ids) & set(left_out)):
        yield f"claim {name} is both claimed and left out: keep one"
    for name, reason in left_out.items():
        if not _text(reason):
            yield f"left_out {name}: say why in a sentence"


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
