"""The command line: practise a question, and have the answer judged."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from whiteboard import practice
from whiteboard.practice.sandbox import Verdict, check_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status: 0 when it did what was asked, else 1."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
    except OSError as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="whiteboard", description="LLM interview questions.")
    parser.add_argument("--version", action="version", version=version("llm-whiteboard"))
    commands = parser.add_subparsers(required=True, metavar="command")

    listing = commands.add_parser("list", help="the questions that can be practised")
    listing.set_defaults(run=_list)

    start = commands.add_parser("practice", help="write a file to start from")
    start.add_argument("question", type=int)
    start.add_argument("--part", help="which function of the question; the first by default")
    start.add_argument("--output", type=Path, help="where to write; qNN_function.py by default")
    start.add_argument("--force", action="store_true", help="overwrite the file")
    start.set_defaults(run=_practice)

    check = commands.add_parser("check", help="judge your file")
    check.add_argument("question", type=int)
    check.add_argument("file", type=Path)
    check.add_argument("--part", help="which function of the question; the first by default")
    check.add_argument("--time-limit", type=_seconds, default=60.0, metavar="SECONDS")
    check.set_defaults(run=_check)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"wanted a positive number of seconds, got {text}")
    return seconds


def _list(options: argparse.Namespace) -> int:
    for question in practice.exercised():
        for exercise in practice.exercises(question):
            print(f"{question:>2}  {exercise.part}\n    {exercise.says}")
    return 0


def _practice(options: argparse.Namespace) -> int:
    exercise = practice.exercise(options.question, options.part)
    path = options.output or Path(f"q{options.question:02d}_{exercise.part}.py")
    if path.exists() and not options.force:
        print(f"{path} exists already; --force overwrites it", file=sys.stderr)
        return 1
    path.write_text(practice.stub(exercise.right), encoding="utf-8")
    part = f" --part {exercise.part}" if options.part else ""
    print(f"wrote {path}; fill it in, then run: whiteboard check {options.question} {path}{part}")
    return 0


def _check(options: argparse.Namespace) -> int:
    practice.exercise(options.question, options.part)  # no such question: said before a process
    verdict = check_file(options.file, options.question, options.part, options.time_limit)
    print(_shown(verdict))
    return 0 if verdict.passed else 1


def _shown(verdict: Verdict) -> str:
    """The verdict, and before it what the reader's code printed, each line marked as its own."""
    if not verdict.printed:
        return verdict.text
    lines = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in verdict.printed)
    marked = "\n".join(f"  | {line}" for line in lines.splitlines())
    return f"your code printed:\n{marked}\n{verdict.text}"


if __name__ == "__main__":
    sys.exit(main())
