"""A page to take along: its running blocks as a script, and with its prose as a notebook.

Both are written beside the built page. The blocks are also marked in the page's HTML, so that the
copy button of a block can copy what it needs above it (`copy-run.js`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from whiteboard.site.fences import Fence, parse_fences
from whiteboard.site.pages import Page, all_pages, load_page
from whiteboard.site.prose import plain_markdown

BLOCK = re.compile(r'<div class="(?:[^"]* )?highlight"( data-run)?>')
_HEADING = re.compile(r"^## (.+?)(?: *\{[^}]*\})?$", re.MULTILINE)


def script(page: Page) -> str:
    """The page's running blocks as one Python program, under the headings they stand under."""
    lines = page.path.read_text("utf8").split("\n")
    parts = [f'"""{page.number}. {page.title}: the code of the page, in its order."""\n']
    shown = ""
    for fence in _running(page):
        above = _HEADING.findall("\n".join(lines[: fence.line - 1]))
        if above and above[-1] != shown:
            shown = above[-1]
            parts.append(f"# {shown}\n")
        parts.append(fence.source.strip("\n") + "\n")
    return "\n".join(parts)


def notebook(page: Page, repository: str = "") -> str:
    """The page as a Jupyter notebook, format 4.5: the same page gives the same bytes.

    Args:
        page: the page.
        repository: `owner/name` on GitHub; when it is known, the first cell installs the package.

    Returns:
        The notebook's JSON.
    """
    cells = list(_cells(page))
    if repository:
        install = f'%pip install -q "llm-whiteboard @ git+https://github.com/{repository}"'
        cells.insert(0, ("code", install))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": [_cell(index, kind, text) for index, (kind, text) in enumerate(cells)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _running(page: Page) -> list[Fence]:
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
        PluginError: the page draws another number of blocks than it has fences.
    """
    if "number" not in page.meta:
        return html
    source = load_page(Path(page.file.abs_src_path))
    fences = _fences(source)
    drawn = len(BLOCK.findall(html))
    if drawn != len(fences):
        name = source.path.name
        raise PluginError(f"{name} has {len(fences)} fences and draws {drawn} code blocks")
    marks = iter(" data-run>" if fence.runs else ">" for fence in fences)
    marked = BLOCK.sub(lambda found: found[0].removesuffix(">") + next(marks), html)
    stem = source.path.stem
    return (
        f'{marked}\n<p class="wb-downloads" data-search-exclude>Take the code of this page along: '
        f'<a href="{stem}.py" download>a script</a> or '
        f'<a href="{stem}.ipynb" download>a notebook</a>.</p>'
    )


def write(config: Any) -> None:
    """Write each page's script and notebook beside it (mkdocs: on_post_build)."""
    for page in all_pages(Path(config["docs_dir"])):
        write_page(page, Path(config["site_dir"]))


def write_page(page: Page, site: Path) -> None:
    """Write one page's script and notebook beside it, in the built site."""
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    folder = site / page.section / page.path.stem
    (folder / f"{page.path.stem}.py").write_text(script(page), "utf8")
    (folder / f"{page.path.stem}.ipynb").write_text(notebook(page, repository), "utf8")
