"""What a program is made of: itself, the project's modules it imports, the files it names.

The build caches (figures, labs) are keyed by this, so that a change in `src/` redraws what stands
on it and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("jax", "flax", "numpy", "matplotlib", "mkdocs-jupyter")
"""Their versions are part of every digest: a new one may draw or print differently."""
RECORDS = "src/whiteboard/data/results"
_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*")


def _imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_files(name: str, source: Path) -> Iterator[Path]:
    """The files that importing `name` runs: each parent package's `__init__`, and the module."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        base = source.joinpath(*parts[:depth])
        yield from (
            file for file in (base / "__init__.py", base.with_suffix(".py")) if file.exists()
        )


def _named_files(tree: ast.AST, program: Path, root: Path) -> Iterator[Path]:
    """Files named by their path from `root`, or by their name beside the program."""
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _PATH.fullmatch(text):
            yield from (file for file in (root / text, program.parent / text) if file.is_file())


def _records(tree: ast.AST, root: Path) -> Iterator[Path]:
    """The file of each `record("lm")`; all there are where the name is computed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _is_record(node.func):
            name = getattr(node.args[0], "value", None)
            yield from (root / RECORDS).glob(f"{name if isinstance(name, str) else '*'}.json")


def _is_record(function: ast.expr) -> bool:
    return (getattr(function, "attr", None) or getattr(function, "id", None)) == "record"


def files_of(program: Path, root: Path) -> set[Path]:
    """`program`, every module under `root/src` that it imports, and every file of `root` it names.

    Imports are followed transitively. A file is named by a string literal: its path from `root`,
    its name beside the program, as `files(...) / "prices.json"`, or a record's, as `record("lm")`.
    """
    found, todo = set(), [program]
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        if file.suffix == ".py":
            tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
            for name in _imported_names(tree):
                todo.extend(_module_files(name, root / "src"))
            todo.extend([*_named_files(tree, file, root), *_records(tree, root)])
    return found


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def digest(program: Path, root: Path) -> str:
    """A hash of everything `files_of` finds and of the `LIBRARIES`' versions (16 hex digits)."""
    return combined_digest([program], root)


def combined_digest(programs: Iterable[Path], root: Path) -> str:
    """The hash of several programs together."""
    state = hashlib.sha256("".join(map(_installed, LIBRARIES)).encode())
    for file in sorted(set().union(*(files_of(program, root) for program in programs))):
        state.update(f"\0{file.relative_to(root).as_posix()}\0".encode() + file.read_bytes())
    return state.hexdigest()[:16]
