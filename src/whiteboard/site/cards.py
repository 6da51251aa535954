"""The pages' cards, listed for recall where a page says `<!-- cards -->`."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from whiteboard.site.pages import Page, all_pages

CARDS = re.compile(r"^<!-- cards -->[ \t]*$", re.MULTILINE)


def insert(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Put every page's cards where a page says so, folded (mkdocs: on_page_markdown)."""
    if not CARDS.search(markdown):
        return markdown
    here = posixpath.dirname(page.file.src_uri) or "."
    listed = [page_cards(page, here) for page in all_pages(Path(config["docs_dir"]))]
    return CARDS.sub(lambda _: "\n\n".join(listed) or "No page is written yet.", markdown)


def page_cards(page: Page, here: str) -> str:
    """A page's cards in Markdown: the front is the summary of a folded block, the back is in it."""
    target = posixpath.relpath(f"{page.section}/{page.path.name}", here)
    lines = [f"## [{page.number}. {page.title}]({target})"]
    for card in page.meta["cards"]:
        front = " ".join(card["front"].split()).replace('"', "&quot;")
        lines += ["", f'??? question "{front}"', ""]
        lines += [f"    {line}".rstrip() for line in card["back"].strip().splitlines()]
    return "\n".join(lines)
