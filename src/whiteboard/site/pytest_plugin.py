"""The pytest plugin that proves the pages: `pytest docs/`.

It stands on pytest-markdown-docs, which finds the fences and makes them tests. Added here: a parser
that sees what the site draws, a runner with one namespace a page, output fences, claims, guards,
the snippets, and the record of the run.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from pytest_markdown_docs.plugin import MarkdownDocstringCodeModule, MarkdownTextFile

from whiteboard.site import records
from whiteboard.site.fences import fence_parser
from whiteboard.site.page_items import PageFile
from whiteboard.site.snippet_items import DocsFolder


class Pages:
    """The hooks of one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.pages: dict[str, PageFile] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_markdown_docs_markdown_it(self) -> MarkdownIt:
        return fence_parser(self.config.rootpath)

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        found = yield
        return [self._replaced(node) for node in found if not _imports_for_docstrings(node)]

    def pytest_collect_directory(
        self, path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if path != self.config.rootpath / "docs":
            return None
        return DocsFolder.from_parent(parent, path=path)

    def _replaced(self, node: pytest.Collector) -> pytest.Collector:
        if type(node) is not MarkdownTextFile:
            return node
        page = PageFile.from_parent(node.parent, path=node.path)
        self.pages[page.nodeid] = page
        return page

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if page := self.pages.get(report.nodeid.split("::")[0]):
            page.report(report)

    def pytest_sessionfinish(self) -> None:
        whole = [page for page in self.pages.values() if page.blocks and page.ran_whole]
        runs = {page.place: records.Run(page.run.seconds, not page.failed) for page in whole}
        records.write(self.config.rootpath, runs)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for page in self.pages.values():
            if page.rewritten:
                count = len(page.rewritten)
                terminalreporter.write_line(
                    f"{page.place}: {count} outputs rewritten; run it again"
                )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("collect").addoption(
        "--update-outputs",
        action="store_true",
        help="rewrite the output fences of the pages with what their blocks print",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Pages(config), "whiteboard-pages")


def _imports_for_docstrings(node: pytest.Collector) -> bool:
    """Whether collecting it would import a .py file to look for fences in its docstrings."""
    return isinstance(node, MarkdownDocstringCodeModule)
