"""`make new PAGE=22`: the files that a question's page wants, to be filled in.

    python -m whiteboard.site.new_page 22 --noun lora

Every file runs as it is written, and says WRITE wherever something is missing; the page's contract
repeats what is left. No file that exists is touched.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from string import Template

from whiteboard.site.pages import Question, registry

SKELETON = Path(__file__).with_name("skeleton")
PLACES = {
    "page": "docs/$section/q$two-$slug.md",
    "module": "src/whiteboard/$section/$noun.py",
    "room": "src/whiteboard/practice/q$two/__init__.py",
    "checks": "src/whiteboard/practice/q$two/checks.py",
    "mistakes": "src/whiteboard/practice/q$two/mistakes.py",
    "test": "tests/$section/test_$noun.py",
    "program": "snippets/$section/q${two}_$noun.py",
    "figure": "snippets/$section/q${two}_figure_$noun.py",
}
"""Skeleton -> where it goes."""
THEN = """
Now fill them in, with the page open: make page PAGE={number}
  Its tests say what is missing; a file with WRITE in it is not done.
  What is said about the question, and what is so, goes into the page's claims.
  What takes longer than a page may: a script in benchmarks/, whose record a block reads.
  Words that a reader may not know: docs/reference/glossary.md."""


def skeleton(question: Question, noun: str) -> dict[str, str]:
    """The files of a question by their place, as they begin.

    Args:
        question: of the registry.
        noun: what the implementation is called: the names of its module and function.

    Raises:
        ValueError: the noun is no name for a module.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", noun):
        raise ValueError(f"wanted a noun in snake case, such as low_rank_update, got {noun!r}")
    other = registry().question(question.number - 1 or 2)
    values = {
        "number": str(question.number),
        "two": f"{question.number:02d}",
        "section": question.section.name,
        "levels": ", ".join(question.levels),
        "week": str(question.section.week),
        "slug": question.slug,
        "title": question.title,
        "noun": noun,
        "other": str(other.number),
        "other_title": other.slug.replace("-", " "),
    }
    return {
        Template(place).substitute(values): Template(
            (SKELETON / f"{name}.txt").read_text("utf8")
        ).substitute(values)
        for name, place in PLACES.items()
    }


def write(number: int, noun: str, root: Path) -> list[str]:
    """Write a question's files; their places.

    Args:
        number: of the question.
        noun: of the implementation; empty for the slug's.
        root: the project.

    Raises:
        KeyError: no such question.
        ValueError: the noun is no name for a module.
        FileExistsError: one of the files exists; none is written.
    """
    question = registry().question(number)
    files = skeleton(question, noun or question.slug.replace("-", "_"))
    if there := [place for place in files if (root / place).exists()]:
        raise FileExistsError(
            f"{', '.join(there)}: already there, and nothing is written over. Another noun gives "
            "the files other names: make new PAGE=... NOUN=..."
        )
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, "utf8")
    _tidy([place for place in files if place.endswith(".py")], root)
    return list(files)


def _tidy(files: list[str], root: Path) -> None:
    """Sort the imports and break the lines: both depend on the section and the noun."""
    for command in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "-q", *files], cwd=root, check=True)


def main(arguments: list[str] | None = None) -> None:
    """Write the files, and say what comes next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, help="the question's number")
    parser.add_argument("--noun", default="", help="what the implementation is called")
    given = parser.parse_args(arguments)
    try:
        places = write(given.number, given.noun, Path())
    except (KeyError, ValueError, FileExistsError) as error:
        raise SystemExit(f"make new: {error.args[0]}") from None
    print(
        "\n".join(f"wrote {place}" for place in places), THEN.format(number=given.number), sep="\n"
    )


if __name__ == "__main__":
    main()
