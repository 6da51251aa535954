"""The package as its rules see it: floors, modules, what each imports and defines."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

FLOORS = [
    {"data"},
    {"figures"},
    {"architecture"},
    {"lm", "encoder"},
    {"training"},
    {"decoding"},
    {"evaluation"},
    {"store"},
    {"retrieval"},
    {"adaptation"},
    {"production"},
    {"agents"},
    {"safety"},
    {"practice"},
    {"site", "cli", "mcp_server"},
]
"""From the lowest to the faces; CONTRIBUTING.md says what lives on each."""
RANK = {name: rank for rank, names in enumerate(FLOORS) for name in sorted(names)}
FACES = FLOORS[-1]
LIBRARY = [name for floor in FLOORS[:-2] for name in sorted(floor)]
"""The floors that handle arrays: all but `practice` and the faces."""


@dataclass(frozen=True)
class Project:
    """A folder with src/whiteboard and tests: this one, or one that a test has planted."""

    root: Path

    @property
    def package(self) -> Path:
        return self.root / "src/whiteboard"

    @cached_property
    def modules(self) -> list[Path]:
        return sorted(self.package.rglob("*.py"))

    def on(self, floor: str) -> list[Path]:
        """A floor's modules: those of its folder, or the one of its name."""
        folder = self.package / floor
        return [p for p in self.modules if folder in p.parents or p == folder.with_suffix(".py")]

    def name_of(self, path: Path) -> str:
        """`whiteboard.lm.config`; a package goes by its folder."""
        parts = path.relative_to(self.package.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def where(self, path: Path, node: ast.AST) -> str:
        """The place and name of a definition, as a message begins."""
        return f"{path.relative_to(self.root)}:{node.lineno}: {node.name}"


HERE = Project(Path(__file__).parents[2])


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf8"), str(path))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Dotted names that a file imports; `from a import b` gives both a and a.b."""
    found: list[str] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: write whole names, not relative imports"
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def floor_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "whiteboard" and len(parts) > 1 else None


def classes_of(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef))


def functions_of(path: Path) -> Iterator[tuple[ast.ClassDef | None, ast.FunctionDef]]:
    """Functions and methods of a module, not those inside functions, with their class."""
    for node in tree_of(path).body:
        if isinstance(node, ast.FunctionDef):
            yield None, node
        elif isinstance(node, ast.ClassDef):
            yield from ((node, inner) for inner in node.body if isinstance(inner, ast.FunctionDef))


def body_lines(function: ast.FunctionDef) -> int:
    """The lines of a function behind its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def public_functions(path: Path) -> Iterator[tuple[ast.FunctionDef, list[ast.AST]]]:
    """Public functions and methods, each with where its docstring may stand."""
    for owner, node in functions_of(path):
        names = {node.name.replace("__call__", "call"), owner.name if owner else ""}
        overload = any("overload" in ast.unparse(d) for d in node.decorator_list)
        if not overload and not any(name.startswith("_") for name in names):
            yield node, [node, owner] if node.name == "__call__" else [node]


def arguments_of(function: ast.FunctionDef) -> list[ast.arg]:
    """Its named arguments, but for the object or class that a method is called on."""
    first, *others = [*function.args.posonlyargs, *function.args.args, None]
    bound = first and first.arg in ("self", "cls")
    return [a for a in ([] if bound else [first]) + others + function.args.kwonlyargs if a]


def is_dataclass(node: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
