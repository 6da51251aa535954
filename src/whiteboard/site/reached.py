"""The names that a program reaches: what it uses, what that uses in turn, and so on.

Read from the syntax, by function and class of the package. A function that is only named counts as
called, a method as soon as its class is used. What is reached by the text of a name alone, as
`import_module(f"...")`, is not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class _Module:
    """A parsed module.

    Attributes:
        bound: what its imports bind, wherever they stand: the local name, and the whole one.
        imports: the whole names that importing it imports.
        uses: the whole names that each of its functions and classes uses; under "", those that the
            rest uses, which runs when it is imported.
    """

    bound: Mapping[str, str]
    imports: frozenset[str]
    uses: Mapping[str, frozenset[str]]


def reached(source: str, package: Path, known: Set[str] = frozenset()) -> set[str]:
    """Whole names of what a program reaches: `whiteboard.lm.loading.load`, `qdrant_client.models`.

    Args:
        source: the program, Python.
        package: the folder that the package's own folder lies in; what does not is not followed.
        known: what has been reached before, with all that it reaches; it is not followed again.
    """
    program = _read(ast.parse(source), "")
    todo = set().union(*program.uses.values(), _modules(program.imports, package))
    found = set(known)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo |= _next(name, package)
    return found


def _next(name: str, package: Path) -> set[str]:
    """What reaching `name` reaches directly: to begin with, its module is imported."""
    place, rest = _split(name, package)
    if not place:
        return set()
    file = _file(place, package)
    assert file is not None
    module = _parsed(file, place, file.stat().st_mtime_ns)
    if not rest:
        above = {place.rpartition(".")[0]} - {""}
        return {*module.uses[""], *_modules(module.imports, package), *above}
    own, *inner = rest
    if own in module.uses:
        return {place, f"{place}.{own}", *module.uses[own]}
    if own in module.bound:  # it comes from elsewhere
        return {place, ".".join([module.bound[own], *inner])}
    return {place}


def _modules(names: frozenset[str], package: Path) -> Iterator[str]:
    """The modules that importing these names runs; a name from outside the package as it is."""
    return (_split(name, package)[0] or name for name in names)


def _split(name: str, package: Path) -> tuple[str, list[str]]:
    """The module of a whole name, and what it names in it; no module when it is not ours."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        if _file(place := ".".join(parts[:depth]), package):
            return place, parts[depth:]
    return "", parts


def _file(module: str, package: Path) -> Path | None:
    base = package.joinpath(*module.split("."))
    places = (base.with_suffix(".py"), base / "__init__.py")
    return next((place for place in places if place.is_file()), None)


@lru_cache(maxsize=1024)
def _parsed(file: Path, name: str, _changed: int) -> _Module:
    module = _read(ast.parse(file.read_text("utf8"), str(file)), name)
    stub = file.with_suffix(".pyi")
    if not stub.exists():
        return module
    # What a package loads when it is asked for: its stub says from where.
    loaded = {local: whole for local, whole, _ in _imports(ast.parse(stub.read_text("utf8")), name)}
    return replace(module, bound=loaded | dict(module.bound))


def _read(tree: ast.Module, name: str) -> _Module:
    definitions = [node for node in tree.body if isinstance(node, _Definition)]
    rest = [node for node in tree.body if not isinstance(node, _Definition)]
    bound = {local: whole for local, whole, _ in _imports(tree)}
    known = bound | {node.name: f"{name}.{node.name}" for node in definitions if name}
    uses = {node.name: frozenset(_names(node, known)) for node in definitions}
    uses[""] = frozenset(used for node in rest for used in _names(node, known))
    imports = frozenset(imported for node in rest for _, _, imported in _imports(node))
    return _Module(bound, imports, uses)


def _imports(tree: ast.AST, package: str = "") -> Iterator[tuple[str, str, str]]:
    """Of each import the local name, the whole name that it stands for, and what is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or first, first, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and node.level <= bool(package):
            place = f"{package}." * node.level + node.module
            for alias in node.names:
                whole = f"{place}.{alias.name}"
                yield alias.asname or alias.name, whole, whole


def _names(tree: ast.AST, known: Mapping[str, str]) -> Iterator[str]:
    """The whole names of what the code uses: `lm.load` where `lm` is bound to `whiteboard.lm`."""
    for node in ast.walk(tree):
        parts: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in known:
            yield ".".join([known[inner.id], *parts])
