"""The one hook file of mkdocs: each event runs the plain functions listed for it, in order.

A step takes what the event takes and returns what it returns; add yours to the list of its event.
"""

from collections.abc import Callable
from typing import Any

from whiteboard.site import (
    address,
    api,
    cards,
    downloads,
    folds,
    freshness,
    lab_runs,
    labs,
    ledger,
    llms,
    maths,
    maths_fonts,
    nav,
    scripts,
    tables,
    widgets,
)

CONFIG: list[Callable[..., Any]] = [address.apply, nav.apply, labs.prepare]
FILES: list[Callable[..., Any]] = [api.add_files, maths.add_files, lab_runs.start]
PRE_PAGE: list[Callable[..., Any]] = [lab_runs.wait]
PAGE_MARKDOWN: list[Callable[..., str]] = [
    ledger.insert_claims,
    ledger.insert_ledger,
    cards.insert,
    widgets.insert,
    nav.expand_lists,
    nav.expand_links,
]
PAGE_CONTENT: list[Callable[..., str]] = [
    labs.draw,
    tables.scroll,
    nav.add_meta_line,
    downloads.mark_blocks,
    folds.results_first,
    folds.docstrings,
    freshness.add,
]
POST_PAGE: list[Callable[..., str]] = [
    api.drop_stylesheet,
    maths.add_stylesheet,
    labs.drop_mathjax,
    widgets.add_scripts,
    scripts.add,
]
POST_BUILD: list[Callable[..., None]] = [
    llms.write,
    downloads.write,
    labs.write,
    maths_fonts.cut_all,
]


def on_config(config: Any) -> Any:
    for step in CONFIG:
        config = step(config)
    return config


def on_files(files: Any, config: Any) -> Any:
    for step in FILES:
        files = step(files, config)
    return files


def on_pre_page(page: Any, **event: Any) -> Any:
    """`event` holds config, files."""
    for step in PRE_PAGE:
        page = step(page, **event)
    return page


def on_page_markdown(markdown: str, **event: Any) -> str:
    """`event` holds page, config, files."""
    for step in PAGE_MARKDOWN:
        markdown = step(markdown, **event)
    return markdown


def on_page_content(html: str, **event: Any) -> str:
    """`event` holds page, config, files."""
    for step in PAGE_CONTENT:
        html = step(html, **event)
    return html


def on_post_page(output: str, **event: Any) -> str:
    """`event` holds page, config."""
    for step in POST_PAGE:
        output = step(output, **event)
    return output


def on_post_build(config: Any) -> None:
    for step in POST_BUILD:
        step(config)
