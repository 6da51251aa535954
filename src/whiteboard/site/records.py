"""The record of the runs that proved the pages: `.cache/runs/`, written by `pytest docs/`.

One file a page, so that several processes may run pages at once; and one a program of `snippets/`
that runs by itself. A record holds as long as all that was in the run is as it was then: see
`page_sources`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from whiteboard.site.page_sources import made_of

MANY = 3
"""Changed files that a reason names."""


@dataclass(frozen=True)
class Run:
    """One whole run of a page or a program, and all that was in it.

    Attributes:
        seconds: the time its blocks took.
        passed: whether all of it passed.
        processor_seconds: what its blocks took of all cores together.
    """

    seconds: float
    passed: bool
    processor_seconds: float = 0.0


def write(root: Path, runs: Mapping[str, Run], since: float | None = None) -> None:
    """Record the runs, by their path from `root`; the others' records stay.

    Args:
        root: the project.
        runs: what ran whole.
        since: when the process began, in seconds since 1970. A run of sources that have changed
            since is not recorded: it may have been of the old ones.
    """
    found = {place: made_of(root / place, root) for place in runs}
    found = {place: inputs for place, inputs in found.items() if not _newer(root, inputs, since)}
    if not found:
        return
    import jax

    shared = {
        "python": platform.python_version(),
        "jax": jax.__version__,
        "flax": version("flax"),
        "device": jax.devices()[0].device_kind,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(root),
    }
    for place, inputs in found.items():
        run = runs[place]
        times = {
            "seconds": round(run.seconds, 3),
            "processor_seconds": round(run.processor_seconds, 3),
        }
        _store(root, place, {**shared, **times, "passed": run.passed, "made_of": inputs})


def _newer(root: Path, inputs: Iterable[str], since: float | None) -> bool:
    paths = [root / name for name in inputs]
    return since is not None and any(p.stat().st_mtime > since for p in paths if p.is_file())


def _store(root: Path, place: str, record: Mapping[str, Any]) -> None:
    path = _path(root, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf8")
    partial.replace(path)


def read_record(page: Path) -> dict[str, Any] | None:
    """The record of the page's last whole run, or None when it does not hold for what is here now.

    It holds while every input of the page's tests is as it was.
    """
    root = _root(page)
    place = page.resolve().relative_to(root).as_posix()
    record = _read(_path(root, place))
    return record if record and record.get("made_of") == made_of(page, root) else None


def why_again(place: str, root: Path) -> str:
    """Why a page or a program must be run again; empty when its record holds and it has passed."""
    record = _read(_path(root, place))
    if not record:
        return "has no record of a whole run"
    before, now = record.get("made_of") or {}, made_of(root / place, root)
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if changed:
        more = f" and {len(changed) - MANY} more" if len(changed) > MANY else ""
        return f"changed since its last run: {', '.join(changed[:MANY])}{more}"
    return "" if record.get("passed") else "failed at its last run"


def _path(root: Path, place: str) -> Path:
    return (root / ".cache" / "runs" / place).with_suffix(".json")


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
