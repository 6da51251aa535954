"""The files that a page's code opens, so that none is missing from what its record holds for.

A page's inputs are found in its text and in what that imports (`page_sources`). A file that is read
and not found there would change unseen: the run of the page fails, and says which file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from whiteboard.site.page_sources import made_of

_BUILT = {".cache", ".git", "site", "build", ".hypothesis", ".pytest_cache"}
"""Folders of the project that hold nothing which a page stands on."""
_noted: list[set[str]] = []


@contextmanager
def noting(opened: set[str]) -> Iterator[None]:
    """Add to `opened` the path of each file that Python opens for reading meanwhile."""
    _hook()
    _noted.append(opened)
    try:
        yield
    finally:
        _noted.pop()


@cache
def _hook() -> None:
    sys.addaudithook(_note)  # for as long as the process lives: it cannot be taken out


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _noted:
        return
    path, mode, flags = arguments
    writes = set(mode) & set("wax+") if mode else flags & (os.O_WRONLY | os.O_RDWR)
    if isinstance(path, str | os.PathLike) and not writes:
        _noted[-1].add(os.fspath(path))


def unseen(path: Path, root: Path, opened: set[str]) -> list[str]:
    """A message for each file of the project that was opened and is no known input of the page."""
    names = {name for each in opened if (name := _place(each, root))}
    if not names:
        return []
    page = path.relative_to(root).as_posix()
    return [
        f"{page} reads {name}, and neither its text nor what it imports names that file, so that a "
        f'change of it would go unseen: write the path in one string, Path("{name}")'
        for name in sorted(names - made_of(path, root).keys())
    ]


def _place(opened: str, root: Path) -> str:
    """The file's path from the root; a compiled module's source; empty for what does not count."""
    file = Path(os.path.abspath(root / opened))
    if file.parent.name == "__pycache__":
        file = file.parent.parent / f"{file.name.partition('.')[0]}.py"
    if root not in file.parents:
        return ""
    place = file.relative_to(root)
    counts = place.parts[0] not in _BUILT and not place.parts[0].startswith(".venv")
    counts &= place.suffix != ".pyi"  # where a package finds its names: the names are followed
    return place.as_posix() if counts and file.is_file() else ""
