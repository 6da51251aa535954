"""The process that loads a reader's file and judges it; `whiteboard.practice.sandbox` starts it."""

from __future__ import annotations

import inspect
import json
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from whiteboard.practice.catalogue import exercise
from whiteboard.practice.judge import judge
from whiteboard.practice.sandbox import MEMORY


class Unusable(Exception):  # noqa: N818 - what the reader is told
    """The file holds no function that can be judged; the message says why."""


def load(path: Path, name: str) -> Callable[..., Any]:
    """Runs a file and returns its function of that name.

    Raises:
      Unusable: it does not parse, does not run to its end, or has no such function.
    """
    module = types.ModuleType("answer")
    module.__file__ = str(path)
    sys.modules["answer"] = module
    sys.path.append(str(path.resolve().parent))  # after everything else: it must not shadow jax
    try:
        code = compile(path.read_bytes(), str(path), "exec")
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)  # none with null bytes in the file
        where = f", line {line}" if line else ""
        said = getattr(error, "msg", error)
        raise Unusable(f"{path.name}{where}: {type(error).__name__}: {said}") from None
    try:
        exec(code, module.__dict__)
    except SystemExit:
        raise Unusable(f"{path.name}{_line(path)}: calls sys.exit while it is loaded") from None
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
        raise Unusable(f"{path.name}{_line(path)}: {said}") from None
    if not hasattr(module, name):
        raise Unusable(f"{path.name}: wanted a function {name}, found {_found(module)}")
    return getattr(module, name)


def _line(path: Path) -> str:
    """Where the exception now being handled left the file."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    lines = [f.lineno for f in frames if f.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _found(module: types.ModuleType) -> str:
    own = [n for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == "answer"]
    return ", ".join(own) or "none"


def fits(candidate: Any, right: Callable[..., Any]) -> None:
    """Checks that a function can be called as the right one is.

    Raises:
      Unusable: it is no function, or its parameters differ.
    """
    name, wanted = right.__name__, inspect.signature(right)
    if not callable(candidate):
        raise Unusable(f"{name}: wanted a function, got {type(candidate).__name__}")
    every = wanted.parameters.values()
    required = [p for p in every if p.default is p.empty]
    got = None
    try:
        got = inspect.signature(candidate)
        for parameters in (every, required):
            positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
            named = {p.name: None for p in parameters if p.kind is p.KEYWORD_ONLY}
            got.bind(*positional, **named)
    except (TypeError, ValueError) as error:
        have = f"{name}{_bare(got)}: " if got else ""
        raise Unusable(f"wanted {name}{_bare(wanted)}\n   got {have}{error}") from None


def _bare(signature: inspect.Signature) -> str:
    """A signature without its annotations."""
    empty = inspect.Parameter.empty
    parameters = [p.replace(annotation=empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=parameters, return_annotation=empty))


def limit_memory() -> None:
    """Bounds the address space, where the system can."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        pass


def main() -> None:
    """Reads the order from standard input, judges, and writes signed lines to the ledger."""
    order = json.loads(sys.stdin.read())
    secret = order.pop("secret")

    def write(**entry: Any) -> None:
        with open(order["ledger"], "a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(entry | {"secret": secret}) + "\n")

    limit_memory()
    write(doing="the loading of your file")
    wanted = exercise(order["question"], order["part"])
    try:
        candidate = load(Path(order["file"]), wanted.part)
        fits(candidate, wanted.right)
        report = judge(
            order["question"], candidate, wanted.part, lambda name: write(doing=f"check {name}")
        )
        write(passed=report.passed, text=str(report))
    except Unusable as problem:
        write(passed=False, text=str(problem))
    except MemoryError:
        write(passed=False, text=f"out of memory: more than {MEMORY // 2**30} GiB")


if __name__ == "__main__":
    main()
