"""A file whose tests prove it: a page of `docs/`, or a program of `snippets/`.

Its run is recorded when all of its tests ran. With `--changed` it has no tests while its record
holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from whiteboard.site.budget import Spent
from whiteboard.site.records import Run

SPENT = "spent"
"""The property of a report that holds what the test took: clock and processor seconds."""


READS = ("guards", "contract")
"""Tests that read a page and run none of its code."""


class Session(Protocol):
    """What the plugin knows of the whole run."""

    def must_run(self, file: ProvedFile) -> bool:
        """Whether the file's tests are to run; the file is noted."""


SESSION = pytest.StashKey[Session]()


class ProvedFile(pytest.File):
    """Collects its tests, and notes how each of them ended and what it took."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected: set[str] = set()
        self.finished: set[str] = set()
        self.spent: dict[str, Spent] = {}
        self.failed = False

    def collect(self) -> Iterator[pytest.Item]:
        if not self.config.stash[SESSION].must_run(self):
            return
        for item in self.items():
            self.expected.add(item.nodeid)
            yield item

    def items(self) -> Iterator[pytest.Item]:
        """The tests of the file."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        return self.path.relative_to(self.config.rootpath).as_posix()

    @property
    def ran_whole(self) -> bool:
        return bool(self.finished) and self.finished == self.expected

    def report(self, report: pytest.TestReport) -> None:
        """Note how a phase of one of the file's tests ended."""
        self.failed = self.failed or not report.passed
        name = report.nodeid.partition("::")[2]
        if report.when == "call" and name not in READS:
            self.spent[name] = spent_in(report)
        if report.when == "teardown":
            self.finished.add(report.nodeid)

    def run_made(self) -> Run:
        """The run, for its record."""
        spent = sum(self.spent.values(), Spent())
        return Run(spent.clock, not self.failed, spent.processor)


def spent_in(report: pytest.TestReport) -> Spent:
    """What the test of a report took."""
    properties: dict[str, Any] = dict(report.user_properties)
    return Spent(*properties.get(SPENT, (0.0, 0.0)))
