"""The record of the runs that proved the pages: `.cache/runs/`, written by `pytest docs/`.

One file a page, so that several processes may run pages at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

_SOURCES = ("src/whiteboard", "snippets", "benchmarks/results")
"""What a page's outputs can come from, besides the page."""


@dataclass(frozen=True)
class Run:
    """One whole run of a page: the seconds its blocks took, and whether all of it passed."""

    seconds: float
    passed: bool


def write(root: Path, runs: Mapping[str, Run]) -> None:
    """Record the runs, by the page's path from `root`; the other pages' records stay."""
    if not runs:
        return
    import jax

    shared = {
        "python": platform.python_version(),
        "jax": jax.__version__,
        "flax": version("flax"),
        "device": jax.devices()[0].device_kind,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(root),
        "source_sha": source_sha(root),
    }
    for page, run in runs.items():
        record = {
            **shared,
            "seconds": round(run.seconds, 3),
            "page_sha": _page_sha(root / page),
            "passed": run.passed,
        }
        path = _path(root, page)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf8")
        partial.replace(path)


def read_record(page: Path) -> dict[str, Any] | None:
    """The record of the page's last whole run, or None when it does not hold for what is here now.

    It holds while the page, the package, the snippets and the stored results are as they were.
    """
    root = _root(page)
    record = _read(_path(root, page.resolve().relative_to(root).as_posix()))
    if record.get("page_sha") != _page_sha(page):
        return None
    return record if record.get("source_sha") == source_sha(root) else None


def source_sha(root: Path) -> str:
    """A hash of all that a page's outputs can come from, besides the page."""
    return _source_sha(tuple(_stamps(root)), root)


@lru_cache(maxsize=4)
def _source_sha(stamps: tuple[tuple[str, int, int], ...], root: Path) -> str:
    digest = hashlib.sha256()
    for name, _, _ in stamps:
        digest.update(f"\0{name}\0".encode() + (root / name).read_bytes())
    return digest.hexdigest()


def _stamps(root: Path) -> Iterator[tuple[str, int, int]]:
    """Each source with its time and size: they say whether a hash must be made again."""
    for folder in _SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                stat = path.stat()
                yield path.relative_to(root).as_posix(), stat.st_mtime_ns, stat.st_size


def _page_sha(page: Path) -> str:
    return hashlib.sha256(page.read_bytes()).hexdigest()


def _path(root: Path, page: str) -> Path:
    return (root / ".cache" / "runs" / page).with_suffix(".json")


def _read(path: Path) -> dict[str, Any]:
    """The record; empty when the file is missing or broken, which only means: run again."""
    try:
        record = json.loads(path.read_text("utf8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _root(page: Path) -> Path:
    """The project that a page belongs to: the folder that holds docs/."""
    docs = next((p for p in page.resolve().parents if p.name == "docs"), None)
    if docs is None:
        raise ValueError(f"wanted a page under docs/, got {page}")
    return docs.parent


def _commit(root: Path) -> str | None:
    """The commit, with -dirty when tracked files differ from it; None without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
