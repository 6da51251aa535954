"""The API reference: one page a package of `whiteboard`, written at build from what is there."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

SOURCE = Path(__file__).parents[1]
FACES = {"site"}  # machinery of this site, not a library
FOLDER = "reference/api"
RANK = "---\nsearch: {boost: 0.5}\n---\n\n"  # a search should find the pages first


def packages() -> list[Path]:
    """The packages that have a public module, by name, those inside others among them."""
    found = (path.parent for path in SOURCE.glob("*/**/__init__.py"))
    return sorted(path for path in found if is_public(path) and modules(path))


def modules(package: Path) -> list[Path]:
    """A package's public modules with a docstring: the package itself first."""
    files = [path for path in sorted(package.glob("[!_]*.py")) if is_public(path)]
    return [p for p in [package / "__init__.py", *files] if summary(p)]


def is_public(path: Path) -> bool:
    """Whether a package or module is for readers: not this site, nor the rooms of the exercises.

    In those are checks and wrong variants, which a page shows where it speaks of them.
    """
    folder = path if path.is_dir() else path.parent
    first, *rooms = folder.relative_to(SOURCE).parts
    return first not in FACES and not (first == "practice" and rooms)


def summary(module: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    docstring = ast.get_docstring(_tree(module)) or ""
    return " ".join(docstring.partition("\n\n")[0].split())


def pages() -> dict[str, str]:
    """The reference's pages: place under docs/, and Markdown."""
    rows = ["# API reference", "", INTRODUCTION, ""]
    written = {}
    for package in packages():
        dotted = [_dotted(module) for module in modules(package)]
        title = _dotted(package / "__init__.py").removeprefix("whiteboard.")
        rows.append(f"\n## [{title}]({title}.md)\n")
        rows += [
            f"- [`{name}`]({title}.md#{name}): {summary(module)}"
            for name, module in zip(dotted, modules(package), strict=True)
        ]
        body = "".join(_directive(module) for module in modules(package))
        written[f"{FOLDER}/{title}.md"] = f"{RANK}# whiteboard.{title}\n\n{body}"
    return {f"{FOLDER}/index.md": "\n".join(rows) + "\n", **written}


def _directive(module: Path) -> str:
    """mkdocstrings' line for a module; a package shows what it defines, not what it imports."""
    options = "heading_level: 2"
    if module.stem == "__init__":
        body = _tree(module).body
        defined = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        options += f", members: {defined or 'false'}"
    return f"::: {_dotted(module)}\n    options: {{{options}}}\n\n"


INTRODUCTION = """\
What the pages import, from the docstrings of `src/whiteboard`. Shapes are written in words:
`Float[Array, "batch time heads head_dim"]` is an array of floating-point numbers with four named
axes, and an axis of one name has one size throughout a call."""


def add_files(files: Any, config: Any) -> Any:
    """Add the reference's pages to the site's files."""
    for place, content in pages().items():
        files.append(File.generated(config, place, content=content))
    return files


def drop_stylesheet(output: str, *, page: Any, **_: Any) -> str:
    """Leave mkdocstrings' stylesheet to the reference: elsewhere it would only delay the page."""
    if page.file.src_uri.startswith(FOLDER):
        return output
    return re.sub(r'\s*<link rel="stylesheet" href="[^"]*/?_mkdocstrings\.css">', "", output)


def _tree(module: Path) -> ast.Module:
    """The module, parsed again only when it has changed: each is asked for several times."""
    return _parsed(module, module.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _parsed(module: Path, _mtime: int) -> ast.Module:
    return ast.parse(module.read_text("utf8"))


def _dotted(module: Path) -> str:
    parts = module.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
