"""Scripts of single pages: each is loaded where its mark stands in the page, and only there."""

from __future__ import annotations

from typing import Any

from mkdocs.utils import get_relative_url

SCRIPTS = {
    'id="ledger-form"': "assets/js/ledger.js",
    'class="wb-downloads"': "assets/js/copy-run.js",
    'class="wb-fold ': "assets/js/folds.js",
}


def add(output: str, *, page: Any, **_: Any) -> str:
    """Add to a finished page the scripts that it needs (mkdocs: on_post_page)."""
    return insert(output, [script for mark, script in SCRIPTS.items() if mark in output], page)


def insert(output: str, scripts: list[str], page: Any) -> str:
    """Load these modules, by their path in the site, at the end of a page."""
    urls = [get_relative_url(script, page.url) for script in scripts]
    tags = "".join(f'<script type="module" src="{url}"></script>' for url in urls)
    return output.replace("</body>", f"{tags}</body>", 1) if tags else output
