"""Labs executed beside the build: their kernels work while other pages are drawn.

mkdocs-jupyter executes a lab when its page's turn comes, one after the other, and the build waits.
Here each lab's page is rendered beforehand, in a thread, with a cache of its own; when its turn
comes the build waits for that thread, and takes what it has rendered.
"""

from __future__ import annotations

import logging
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mkdocs.structure.pages import Page

from whiteboard.site.labs import is_lab, kept_in

PATIENCE = 20.0
"""Seconds between two lines that say which lab the build waits for."""
_LOG = logging.getLogger("mkdocs.whiteboard.labs")
AT_ONCE = 2
"""Kernels that run side by side; each uses all cores when it multiplies matrices."""


def start(files: Any, config: Any) -> Any:
    """Begin to execute every lab (mkdocs: on_files)."""
    pool = ThreadPoolExecutor(AT_ONCE)
    for lab in [file for file in files if file.is_documentation_page() and is_lab(file)]:
        lab.lab_run = pool.submit(_rendered, _page(lab, files, config), config, files)
        # Their turn comes last: every other page can be drawn meanwhile.
        files.remove(lab)
        files.append(lab)
    pool.shutdown(wait=False)
    return files


def _page(lab: Any, files: Any, config: Any) -> Any:
    """A page of the lab with the plugin's way to render it."""
    page = Page(None, lab, config)
    lab.page = None  # the build makes its own
    plugin = config["plugins"]["mkdocs-jupyter"]
    root = Path(config["config_file_path"]).parent
    plugin.config["cache_dir"] = str(kept_in(Path(lab.abs_src_path), root))  # read by the next line
    return plugin.on_pre_page(page, config, files)


def _rendered(page: Any, config: Any, files: Any) -> Any:
    page.render(config, files)
    return page


def wait(page: Any, **_: Any) -> Any:
    """Until the page's lab is executed; what went wrong there is raised (mkdocs: on_pre_page)."""
    if (run := getattr(page.file, "lab_run", None)) is not None:
        done = _patiently(run, page.file.src_uri)

        def render(config: Any, files: Any) -> None:
            page.content, page.toc = done.content, done.toc

        page.render = render
    return page


def _patiently(run: Future[Any], name: str) -> Any:
    """What the lab's run gives, however long it takes: a slow machine is no fault of the lab."""
    waited = 0.0
    while not futures.wait([run], PATIENCE).done:
        waited += PATIENCE
        _LOG.info("%s: waited %.0f s, and it still runs (Ctrl-C stops it)", name, waited)
    return run.result()
