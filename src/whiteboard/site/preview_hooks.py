"""The hooks of mkdocs for one page alone (`preview`): those of the site, without what needs others.

No other page is built, no lab runs, the reference is not written; after each build the tests start.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mkdocs.structure.files import InclusionLevel

from whiteboard.site import address, downloads, hooks, maths, maths_fonts
from whiteboard.site.hooks import (
    on_config,
    on_files,
    on_page_content,
    on_page_markdown,
    on_post_build,
    on_post_page,
)
from whiteboard.site.pages import QUESTION, load_page
from whiteboard.site.preview import TESTS

__all__ = [
    "on_config",
    "on_files",
    "on_page_content",
    "on_page_markdown",
    "on_post_build",
    "on_post_page",
]


def _navigation(config: Any) -> Any:
    config["nav"] = [config["extra"]["preview"]]
    return config


def _alone(files: Any, config: Any) -> Any:
    """The others stay known, so that links to them are looked up, and are not built."""
    for file in files:
        if file.is_documentation_page() and file.src_uri != config["extra"]["preview"]:
            file.inclusion = InclusionLevel.EXCLUDED
    return files


def _write(config: Any) -> None:
    path = Path(config["docs_dir"]) / config["extra"]["preview"]
    if QUESTION.match(path.name):
        downloads.write_page(load_page(path), Path(config["site_dir"]))


def _test(config: Any) -> None:
    docs = Path(config["docs_dir"]).resolve()
    TESTS.start(docs / config["extra"]["preview"], docs.parent)


hooks.CONFIG[:] = [address.apply, _navigation]
hooks.FILES[:] = [maths.add_files, _alone]
hooks.POST_BUILD[:] = [_write, maths_fonts.cut_all, _test]
