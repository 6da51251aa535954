"""The tests of the programs in snippets/: each stands in a page, and runs whole.

One that a page begins with is run by the page's first block, and not a second time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from whiteboard.site.guards import opening_programs, snippet_is_used
from whiteboard.site.page_items import CheckItem
from whiteboard.site.proved import ProvedFile
from whiteboard.site.reads import unseen
from whiteboard.site.runner import PageRun, whole_program
from whiteboard.site.sources import files_of

STARTED = time.time()
"""Before any module of `src/` that draws was imported; one changed since may differ."""


class DocsFolder(pytest.Dir):  # type: ignore[misc]  # final for typing; it is only added to
    """docs/: the pages, and the programs of snippets/ that stand in them."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        yield from super().collect()
        root = self.config.rootpath
        for path in sorted({*root.glob("snippets/**/*.py")} - opening_programs(root)):
            yield SnippetFile.from_parent(self, path=path)


class SnippetFile(ProvedFile):
    """A program of snippets/, run whole."""

    def items(self) -> Iterator[pytest.Item]:
        yield CheckItem.from_parent(self, name="runs", check=self._run)

    def _run(self) -> list[str]:
        root = self.config.rootpath
        if not snippet_is_used(self.path, root):
            return [f"{self.path.relative_to(root)}: no page of docs/ embeds or draws it"]
        run = PageRun(self.path, root, [whole_program(self.path.read_text("utf8"))])
        run.module.__file__ = str(self.path)
        try:
            run.run()
            if figure := vars(run.module).get("figure"):
                self._draw(run, figure)
        finally:
            problems = run.close()
        return problems + unseen(self.path, root, run.opened)

    def _draw(self, run: PageRun, figure: object) -> None:
        """Draw the figure, and keep the drawing for the build if all it is made of is imported."""
        from whiteboard.figures import drawn_by
        from whiteboard.site.figure_pages import keep

        root = self.config.rootpath
        drawn = run.call(lambda: drawn_by(figure, self.path.stem))
        if max(file.stat().st_mtime for file in files_of(self.path, root)) < STARTED:
            keep(drawn, self.path, root)
