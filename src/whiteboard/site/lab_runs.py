"""Labs executed beside the build: their kernels work while other pages are drawn.

mkdocs-jupyter executes a lab when its page's turn comes, one after the other, and the build waits.
Here each lab's page is rendered once beforehand, in a thread, which leaves the result in the
plugin's cache; when its turn comes the build waits for that thread, and finds it there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mkdocs.structure.pages import Page

from whiteboard.site.labs import is_lab

AT_ONCE = 2
"""Kernels that run side by side; each uses all cores when it multiplies matrices."""


def start(files: Any, config: Any) -> Any:
    """Begin to execute every lab (mkdocs: on_files)."""
    pool = ThreadPoolExecutor(AT_ONCE)
    for file in files:
        if (page := _page(file, files, config)) is not None:
            file.lab_run = pool.submit(page.render, config, files)
    pool.shutdown(wait=False)
    return files


def _page(file: Any, files: Any, config: Any) -> Any:
    """A page of the lab with the plugin's way to render it; None for what is no lab."""
    if not file.is_documentation_page():
        return None
    page = Page(None, file, config)
    file.page = None  # the build makes its own
    plugin = config["plugins"]["mkdocs-jupyter"]
    return plugin.on_pre_page(page, config, files) if is_lab(page) else None


def wait(page: Any, **_: Any) -> Any:
    """Until the page's lab is executed; what went wrong there is raised (mkdocs: on_pre_page)."""
    if (run := getattr(page.file, "lab_run", None)) is not None:
        run.result()
    return page
