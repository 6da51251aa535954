"""The pytest plugin that proves the pages: `pytest docs/`.

It answers to the option of pytest-markdown-docs, `--markdown-docs`, and reads the fences as that
plugin does, in both of its syntaxes. What it makes of a page is its own: the fences that the site
draws, one namespace a page, output fences, claims, guards, the snippets, and the record of the run.
`--changed` leaves out what has passed with the inputs that it has now.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from whiteboard.site import budget, records
from whiteboard.site.budget import Spent
from whiteboard.site.page_items import PageFile
from whiteboard.site.proved import READS, SESSION, SPENT, ProvedFile, spent_in
from whiteboard.site.snippet_items import DocsFolder

_PLUGIN = "pytest_markdown_docs"
_OUTPUT = "whiteboard_pages"
_REASONS = 5
"""Reasons that the end of a run with `--changed` prints."""


class Pages:
    """The hooks of one pytest run; with pytest-xdist, of each of its processes."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.started = time.time()
        self.files: dict[str, ProvedFile] = {}
        self.spent: dict[str, Spent] = {}
        self.again: dict[str, str] = {}
        self.held: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        # That plugin's own collectors go: it would import each .py file to look for fences in it.
        found = [node for node in (yield) if not type(node).__module__.startswith(_PLUGIN)]
        if file_path.suffix == ".md" and self.config.option.markdowndocs:
            found.append(PageFile.from_parent(parent, path=file_path))
        return found

    def pytest_collect_directory(
        self, path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if path != self.config.rootpath / "docs":
            return None
        return DocsFolder.from_parent(parent, path=path)

    def must_run(self, file: ProvedFile) -> bool:
        """Whether the file's tests are to run: all are, but with `--changed`."""
        self.files[file.nodeid] = file
        if not self.config.option.changed:
            return True
        if reason := records.why_again(file.place, self.config.rootpath):
            self.again[file.place] = reason
        else:
            self.held.add(file.place)
        return bool(reason)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        start = budget.so_far()
        try:
            yield
        finally:
            if isinstance(item.parent, ProvedFile):
                took = budget.so_far() - start
                item.user_properties.append((SPENT, (took.clock, took.processor)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        place, _, name = report.nodeid.partition("::")
        if file := self.files.get(place):
            file.report(report)
        if report.when == "call" and name not in READS and place.startswith("docs/"):
            self.spent[place] = self.spent.get(place, Spent()) + spent_in(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        whole = {file.place: file.run_made() for file in self.files.values() if file.ran_whole}
        records.write(self.config.rootpath, whole, since=self.started)
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[_OUTPUT] = {"again": self.again, "held": sorted(self.held)}
        elif self.held and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK  # everything holds

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process of pytest-xdist has found."""
        found = getattr(node, "workeroutput", {}).get(_OUTPUT, {})
        self.again |= found.get("again", {})
        self.held |= set(found.get("held", ()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for file in self.files.values():
            if isinstance(file, PageFile) and file.rewritten:
                terminalreporter.write_line(
                    f"{file.place}: {len(file.rewritten)} outputs rewritten; run it again"
                )
        slow = list(budget.slowest(self.spent))
        for line in ["The slowest pages, in processor time:", *slow] if slow else []:
            terminalreporter.write_line(line)
        for line in self._changes():
            terminalreporter.write_line(line)

    def _changes(self) -> Iterator[str]:
        """What `--changed` has run, and why; and what it has left out."""
        for place in sorted(self.again)[:_REASONS]:
            yield f"{place}: {self.again[place]}"
        if (more := len(self.again) - _REASONS) > 0:
            yield f"and {more} more"
        if self.held:
            pages = sum(place.startswith("docs/") for place in self.held)
            programs = len(self.held) - pages
            yield (
                f"Not run: {pages} pages and {programs} programs that passed and have not changed "
                "since, nor has what they stand on; without --changed all run"
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("collect")
    group.addoption(
        "--update-outputs",
        action="store_true",
        help="rewrite the output fences of the pages with what their blocks print",
    )
    group.addoption(
        "--changed",
        action="store_true",
        help="leave out the pages and programs that passed with the inputs that they have now",
    )


def pytest_configure(config: pytest.Config) -> None:
    pages = Pages(config)
    config.stash[SESSION] = pages
    config.pluginmanager.register(pages, "whiteboard-pages")
