"""The foot of a page with code: what ran it, when, and how long it took, from the run's record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from whiteboard.site.records import read_record

_RUNS = re.compile(r"^ *```+ *\{?\.?python\b(?!.* notest)", re.MULTILINE)


def add(html: str, *, page: Any, **_: Any) -> str:
    """Put the line under a page that runs Python blocks (mkdocs: on_page_content)."""
    path = f"docs/{page.file.src_uri}"
    if not path.endswith(".md") or not _RUNS.search(page.markdown or ""):
        return html
    return f"{html}\n{line(read_record(Path(page.file.abs_src_path)), path)}"


def line(record: Mapping[str, Any] | None, path: str) -> str:
    """The line, in HTML; without a record that still holds, it says how to make one."""
    command = f"<code>pytest {escape(path)}</code>"
    if record is None:
        return _paragraph("not-run", f"Not run in this build: {command} runs it.")
    if not record["passed"]:
        return _paragraph("failed", f"The last run of this page failed: {command} says where.")
    shown = {key: escape(str(value)) for key, value in record.items()}
    commit = f", commit <code>{shown['commit']}</code>" if record["commit"] else ""
    return _paragraph(
        "proved",
        f"The code on this page ran in {record['seconds']:.1f} s on"
        f' <time datetime="{shown["date"]}">{shown["date"]}</time>'
        f" with jax {shown['jax']}, flax {shown['flax']} and Python {shown['python']}"
        f" on {shown['device']}{commit}.",
    )


def _paragraph(kind: str, text: str) -> str:
    return f'<p class="wb-freshness" data-run-state="{kind}" data-search-exclude>{text}</p>'
