"""What a program is made of: itself, the project's modules it imports, the files it names.

The build caches (figures, labs, widgets) are keyed by this, so that a change in `src/` redraws what
stands on it and nothing else. What a page is made of, which is more, is in `page_sources`.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("jax", "flax", "numpy", "matplotlib", "mkdocs-jupyter")
"""Their versions are part of every digest: a new one may draw or print differently."""
RECORDS = "src/whiteboard/data/results"
_PATH = re.compile(r"[\w-][\w.-]*(?:/[\w*-][\w.*-]*)*")
_MODULE = re.compile(r"[a-z]\w*(?:\.\w+)+")
_READERS = {"site_pages": "docs/**/*.md", "site_queries": "docs/**/*.md"}
"""Functions that read a whole folder: who names one outside `data` depends on those files."""


_JUDGES = ("judge", "variant", "exercise", "exercises")
_ANY = "[0-9][0-9]"


@dataclass(frozen=True)
class Names:
    """What a source names.

    Attributes:
        modules: dotted names that it imports, or has as a string, as `python -m` wants it.
        paths: strings that may be a file; in an f-string `*` stands for what varies.
        questions: numbers that it gives to the judge, whose exercises are found by number alone;
            `[0-9][0-9]` for a number that only the run knows.
        readers: functions of `_READERS` that it names.
    """

    modules: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    questions: frozenset[str] = frozenset()
    readers: frozenset[str] = frozenset()

    @staticmethod
    def of(source: str) -> Names:
        """The names in a program's text; none in one that is no Python, which fails by itself."""
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return Names()
        texts = set(_texts(tree))
        modules = {*_imported_names(tree), *filter(_MODULE.fullmatch, texts)}
        paths = {text for text in texts if ("." in text or "/" in text) and _PATH.fullmatch(text)}
        paths |= {f"{RECORDS}/{name}.json" for name in _records(tree)}
        readers = frozenset(_identifiers(tree) & _READERS.keys())
        return Names(frozenset(modules), frozenset(paths), frozenset(_questions(tree)), readers)


def _texts(tree: ast.AST) -> Iterator[str]:
    """The strings of a program; an f-string with `*` for what varies in it."""
    for node in ast.walk(tree):  # an f-string comes before its parts
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else "*" for p in node.values]
            yield "".join(map(str, parts))


def _identifiers(tree: ast.AST) -> set[str]:
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def _records(tree: ast.AST) -> Iterator[str]:
    """The name of each `record("lm")`; `*` for a name that only the run knows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and "record" in _identifiers(node.func):
            yield next(_texts(node.args[0]), "*")


def _questions(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in _JUDGES and isinstance(first, ast.Constant):
                yield f"{first.value:02}" if isinstance(first.value, int) else _ANY
            elif node.func.id in _JUDGES:
                yield _ANY


def _imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = (alias.name for alias in node.names)
            yield from (node.module if n == "*" else f"{node.module}.{n}" for n in names)


def named_files(names: Names, root: Path, folder: Path) -> Iterator[Path]:
    """The files of the project that these names stand for, without what those name in turn.

    Args:
        names: as a source says them.
        root: the project.
        folder: where the source stands: `with_name("x.json")` means a file beside it.
    """
    for name in names.modules:
        yield from _module_files(name, root / "src")
    for path in names.paths:
        places = [root / path, folder / path]
        if "*" in path:
            yield from (file for file in root.glob(path) if file.is_file())
        else:
            yield from (place for place in places if place.is_file())
    for reader in names.readers:
        yield from root.glob(_READERS[reader])
    for number in names.questions:
        yield from exercise_files(number, root)


def exercise_files(number: str, root: Path) -> Iterator[Path]:
    """The modules of a question's exercises, by its number in two digits."""
    return root.glob(f"src/whiteboard/practice/q{number}/**/*.py")


def _module_files(name: str, source: Path) -> Iterator[Path]:
    """The files that importing `name` runs: each parent package's `__init__`, and the module.

    A package may load its names when they are asked for, and say in `__init__.pyi` where they are:
    one name runs its own module, the package as a whole may run all of them.
    """
    base = source
    for part in name.split("."):
        parent, file, base = base, base / f"{part}.py", base / part
        if file.is_file():
            yield file
        if not base.is_dir():
            yield from () if file.is_file() else _face(parent).get(part, ())
            return
        if (base / "__init__.py").is_file():
            yield base / "__init__.py"
    for files in _face(base).values():
        yield from files


def _face(package: Path) -> dict[str, tuple[Path, ...]]:
    """The modules of the names that a package loads when they are asked for."""
    stub = package / "__init__.pyi"
    return _read_face(stub, stub.stat().st_mtime_ns) if stub.is_file() else {}


@lru_cache(maxsize=64)
def _read_face(stub: Path, _mtime: int) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for node in ast.walk(ast.parse(stub.read_text("utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            file = stub.parent.joinpath(*(node.module or "").split(".")).with_suffix(".py")
            found |= {alias.asname or alias.name: (file,) for alias in node.names if node.module}
    return found


def files_of(program: Path, root: Path) -> set[Path]:
    """`program`, every module under `root/src` that it imports, and every file of `root` it names.

    Imports are followed transitively; a file is named by a string literal that is its path from
    `root` or from the program's own folder, a record by `record("lm")`.
    """
    return closure([program], root)


def closure(start: Iterable[Path], root: Path) -> set[Path]:
    """These files, and all that they import and name."""
    found: set[Path] = set()
    followed: set[str] = set()  # most modules are imported from many places
    todo = list(start)
    while todo:
        file = todo.pop()
        if file not in found:
            found.add(file)
            if file.suffix == ".py":
                names = names_in(file, root)
                new = replace(names, modules=names.modules - followed)
                followed |= names.modules
                todo.extend(named_files(new, root, file.parent))
    return found


def names_in(file: Path, root: Path) -> Names:
    """What a Python file names; parsed again only when the file has changed."""
    stat = file.stat()
    names = _parsed(file, stat.st_mtime_ns, stat.st_size)
    if (root / "src") not in file.parents:
        return names
    # A library is asked for folders and questions; who asks it depends on them. The readers of a
    # folder are known by name: who names one outside their own package depends on the folder.
    paths = frozenset(path for path in names.paths if "*" not in path)
    own = (root / "src/whiteboard/data") in file.parents
    return Names(names.modules, paths, readers=frozenset() if own else names.readers)


@lru_cache(maxsize=4096)
def _parsed(file: Path, _mtime: int, _size: int) -> Names:
    return Names.of(file.read_text(encoding="utf-8"))


def hash_of(file: Path) -> str:
    """A hash of a file's bytes (16 hex digits), made again only when the file has changed."""
    stat = file.stat()
    return _hashed(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _hashed(file: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def _installed(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


def digest(program: Path, root: Path) -> str:
    """A hash of everything `files_of` finds and of the `LIBRARIES`' versions (16 hex digits)."""
    state = hashlib.sha256("".join(map(_installed, LIBRARIES)).encode())
    for file in sorted(files_of(program, root)):
        state.update(f"\0{file.relative_to(root).as_posix()}\0{hash_of(file)}".encode())
    return state.hexdigest()[:16]
