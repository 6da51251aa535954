"""A page to take along: its running blocks as a script, and with its prose as a notebook.

Both are written beside the built page. The blocks are also marked in the page's HTML, so that the
copy button of a block can copy what it needs above it (`copy-run.js`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from whiteboard.site.fences import Fence, parse_fences
from whiteboard.site.front_matter import split
from whiteboard.site.needs import Needs, growing_needs, needs
from whiteboard.site.pages import Page
from whiteboard.site.prose import plain_markdown

BLOCK = re.compile(r'<div class="(?:[^"]* )?highlight"( data-run[^>]*)?>')
_HEADING = re.compile(r"^## (.+?)(?: *\{[^}]*\})?$", re.MULTILINE)


def pages_that_run(docs: Path) -> list[Page]:
    """Every page under `docs` with a block that runs, whether it answers a question or not."""
    found = (_page(path) for path in sorted(docs.glob("*/*.md")))
    return [page for page in found if running(page)]


def _page(path: Path) -> Page:
    text = path.read_text("utf8")
    return Page(path.resolve(), *(split(text) if text.startswith("---\n") else ({}, text, 1)))


def script(page: Page, repository: str = "") -> str:
    """The page's running blocks as one Python program, under the headings they stand under.

    Args:
        page: a page with blocks that run.
        repository: the address of the project's git repository; empty where none is known.
    """
    lines = page.path.read_text("utf8").split("\n")
    number = f"{page.number}. " if "number" in page.meta else ""
    install = "\n".join(f"    {line}" for line in page_needs(page).shell(repository))
    parts = [f'"""{number}{page.title}: the code of the page, in its order.\n\nInstall first:']
    parts[0] += f'\n{install}\n"""\n'
    shown = ""
    for fence in running(page):
        above = _HEADING.findall("\n".join(lines[: fence.line - 1]))
        if above and above[-1] != shown:
            shown = above[-1]
            parts.append(f"# {shown}\n")
        parts.append(fence.source.strip("\n") + "\n")
    return "\n".join(parts)


def notebook(page: Page, repository: str = "") -> str:
    """The page as a Jupyter notebook, format 4.5: the same page gives the same bytes.

    Args:
        page: a page with blocks that run.
        repository: the address of the project's git repository; empty where none is known.

    Returns:
        The notebook's JSON.
    """
    cells = [("code", page_needs(page).cell(repository)), *_cells(page)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": [_cell(index, kind, text) for index, (kind, text) in enumerate(cells)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def page_needs(page: Page) -> Needs:
    """What the code of the whole page needs besides the package."""
    return needs("\n".join(fence.source for fence in running(page)), page.root)


def running(page: Page) -> list[Fence]:
    """The blocks of a page that run, in order."""
    return [fence for fence in _fences(page) if fence.runs]


def _fences(page: Page) -> list[Fence]:
    return parse_fences(page.path.read_text("utf8"), page.root)


def _cells(page: Page) -> Iterator[tuple[str, str]]:
    """Prose and blocks in order. Printed output is left out: the reader's own run makes it."""
    lines = page.path.read_text("utf8").split("\n")
    prose: list[str] = []
    shown: list[str] = []
    start = page.body_line - 1
    for fence in _fences(page):
        prose += lines[start : fence.line - 1]
        start = fence.end_line
        if fence.runs:
            yield from _prose_cell(prose, shown)
            prose = []
            yield "code", fence.source.strip("\n")
        elif not fence.is_output:
            # A mark in its place, so that what cleans the prose leaves the code alone.
            indent = re.match(r" *", lines[fence.line - 1])[0]  # type: ignore[index]
            prose.append(f"{indent}\0{len(shown)}\0")
            shown.append(f"```{fence.language}\n{fence.source.rstrip()}\n```")
    yield from _prose_cell(prose + lines[start:], shown)


def _prose_cell(lines: list[str], shown: list[str]) -> Iterator[tuple[str, str]]:
    text = plain_markdown("\n".join(lines))
    if text:
        yield "markdown", re.sub(r"\0(\d+)\0", lambda mark: shown[int(mark[1])], text)


def _cell(index: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{index}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": text.splitlines(keepends=True)}


def mark_blocks(html: str, *, page: Any, **_: Any) -> str:
    """Mark the running blocks of a page and link its downloads (mkdocs: on_page_content).

    Raises:
        PluginError: as `marked`.
    """
    path = Path(page.file.abs_src_path or "")
    if path.suffix != ".md" or not running(source := _page(path)):
        return html
    return (
        f"{marked(html, _fences(source), source.root, path.name)}\n"
        '<p class="wb-downloads" data-search-exclude>Take the code of this page along: '
        f'<a href="{path.stem}.py" download>a script</a> or '
        f'<a href="{path.stem}.ipynb" download>a notebook</a>.</p>'
    )


def marked(html: str, fences: Sequence[Fence], root: Path, name: str) -> str:
    """The HTML with its running blocks marked; one that needs more than those above it says so.

    Args:
        html: what the site's Markdown made of a page.
        fences: those of the page, in order.
        root: the checkout.
        name: what an error calls the page.

    Raises:
        PluginError: the page draws another number of blocks than it has fences.
    """
    drawn = len(BLOCK.findall(html))
    if drawn != len(fences):
        raise PluginError(f"{name} has {len(fences)} fences and draws {drawn} code blocks")
    ends = _tag_ends(fences, root)
    return BLOCK.sub(lambda found: found[0].removesuffix(">") + next(ends), html)


def _tag_ends(fences: Sequence[Fence], root: Path) -> Iterator[str]:
    """How the tag of each block ends, with what the copy button and the reader are told."""
    wanted = growing_needs((fence.source for fence in fences if fence.runs), root)
    shown = ""
    for fence in fences:
        line = escape(next(wanted).line()) if fence.runs else ""
        note = f'<p class="wb-needs" data-search-exclude>Needs <code>{line}</code></p>'
        data = f' data-needs="{line}"' if line else ""
        yield f"{' data-run' * fence.runs}{data}>{note if line not in ('', shown) else ''}"
        shown = line or shown


def write(config: Any) -> None:
    """Write each page's script and notebook beside it (mkdocs: on_post_build)."""
    docs, repository = Path(config["docs_dir"]), config["repo_url"] or ""
    for page in pages_that_run(docs):
        write_page(page, Path(config["site_dir"]), repository)


def write_page(page: Page, site: Path, repository: str = "") -> None:
    """Write one page's script and notebook beside it, in the built site."""
    place = page.path.relative_to(page.root / "docs").with_suffix("")
    (site / place / f"{place.name}.py").write_text(script(page, repository), "utf8")
    (site / place / f"{place.name}.ipynb").write_text(notebook(page, repository), "utf8")
