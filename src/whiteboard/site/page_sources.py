"""What the tests of a page are made of: the inputs that its record holds for.

A page's own text; what it shows, runs and draws, with all that those import and name; the exercises
that it judges by; the machinery of these tests; Python and every installed package, those of the
weights among them. What is read in a way that cannot be seen in the text is refused at the run
(`reads`). When in doubt a file is in: the price is a run too many.
"""

from __future__ import annotations

import hashlib
import platform
import re
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from whiteboard.site.claims import Check, ClaimError
from whiteboard.site.fences import IncludeError, parse_fences
from whiteboard.site.front_matter import FrontMatterError
from whiteboard.site.guards import page_claims
from whiteboard.site.pages import QUESTION
from whiteboard.site.sources import Names, closure, exercise_files, hash_of, named_files

MACHINERY = (
    "conftest.py",
    "mkdocs.yml",
    "pyproject.toml",
    "src/whiteboard/site/pytest_plugin.py",
)
"""What runs every page, with all that it imports: a change there reruns them all."""

_INCLUDED = re.compile(r'--8<-- "([^":]+)')
_FIGURE = re.compile(r"\(figure:(\w+)")
_TESTED = re.compile(r"src/whiteboard/(?!site|practice)(\w+)/(?!_)(\w+)\.py")


def made_of(path: Path, root: Path) -> dict[str, str]:
    """Every input of a page's tests, or of a program's, with a hash of what it is now.

    Args:
        path: a page of `docs/` or a program of `snippets/`.
        root: the project.

    Returns:
        The hash by the file's path from `root`; and by name what is no file.
    """
    start = [path, *(root / name for name in MACHINERY if (root / name).exists())]
    if path.suffix == ".md":
        start += _page_files(path, root)
    files = closure(start, root)
    found = {file.relative_to(root).as_posix(): hash_of(file) for file in sorted(files)}
    return found | dict(_tests(found, root)) | environment()


def _page_files(page: Path, root: Path) -> Iterator[Path]:
    """The files that a page's text names, before those are followed."""
    text = page.read_text("utf8")
    yield from (root / name for name in _INCLUDED.findall(text) if (root / name).is_file())
    for name in _FIGURE.findall(text):
        yield from root.glob(f"snippets/*/{name}.py")
    try:
        for fence in parse_fences(text, root):
            if fence.runs:
                yield from named_files(Names.of(fence.source), root, root)
    except IncludeError:
        pass  # the page's guards say what is wrong
    for _, check in _claims(text):
        yield from named_files(Names.of(check.expr), root, root)
    # A question's own exercises and programs, shown or not: the contract reads them.
    if number := QUESTION.match(page.name):
        yield from exercise_files(number[1], root)
        yield from root.glob(f"snippets/{page.parent.name}/q{number[1]}_*.py")


def _claims(text: str) -> list[tuple[str, Check]]:
    try:
        return page_claims(text)
    except (FrontMatterError, ClaimError):
        return []  # as above


def _tests(files: dict[str, str], root: Path) -> Iterator[tuple[str, str]]:
    """Whether each module's test is there: the contract asks for some of them."""
    for name in files:
        if module := _TESTED.fullmatch(name):
            test = f"tests/{module[1]}/test_{module[2]}.py"
            yield test, "there" if (root / test).exists() else "missing"


@cache
def environment() -> dict[str, str]:
    """Python, and the installed packages: in a page's output any of them may show."""
    folder = Path(sysconfig.get_path("purelib"))
    installed = sorted(path.name for path in folder.glob("*.dist-info"))
    return {
        "Python": f"{platform.python_version()} {platform.machine()}",
        "the installed packages": hashlib.sha256("\n".join(installed).encode()).hexdigest()[:16],
    }
