"""Environments as the documented install makes them, of what the project's own one holds.

`pip install .` brings the package and what pyproject.toml asks for; a page's needs are installed
beside it. Here the same distributions, found by the same metadata, are linked from this
environment: nothing is downloaded, and nothing else can be imported.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from whiteboard.site.needs import Needs

ROOT = Path(__file__).parents[2]
WATCH = Path(__file__).with_name("watch.py")


def wheel(folder: Path) -> Path:
    """The package, built."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def install(folder: Path, built: Path, needs: Needs, *tools: str) -> Path:
    """The Python of a new environment in `folder`, with the wheel and what a page needs beside it.

    Args:
        tools: distributions of the reader's own, such as `ipykernel`.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    found = with_dependencies([*project["dependencies"], *needs.libraries, *tools])
    found |= {canonicalize_name(Requirement(wanted).name) for wanted in needs.weights}
    (site,) = folder.glob("lib/python*/site-packages")
    for name in found:
        link(distribution(name), site)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    subprocess.run([*pip, "--no-index", "-q", str(built)], check=True)
    (site / "sitecustomize.py").symlink_to(WATCH)
    return python


def with_dependencies(wanted: Iterable[str]) -> set[str]:
    """The names of the distributions that these requirements bring, here and on this Python."""
    found: set[tuple[str, str]] = set()
    todo = [Requirement(text) for text in wanted]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in found:
                found.add((name, extra))
                todo += asked_by(distribution(name), extra)
    return {name for name, _ in found}


def asked_by(installed: Distribution, extra: str) -> list[Requirement]:
    """What a distribution asks for with that extra, or without one."""
    asked = map(Requirement, installed.requires or [])
    return [r for r in asked if r.marker is None or r.marker.evaluate({"extra": extra})]


def link(installed: Distribution, site: Path) -> None:
    """Link a distribution's folders and modules into another environment."""
    for top in {file.parts[0] for file in installed.files or []} - {"..", "__pycache__"}:
        if not (site / top).exists():
            (site / top).symlink_to(Path(str(installed.locate_file(top))))
