"""The pytest plugin that keeps a run's memory small, and fails the run that takes too much.

A process whose tests made it grow gives back what it can. With `--memory-limit` the memory
of all processes of the run is sampled; the peak is printed, with the tests that ran then, and fails
the run when it is above the limit.
"""

from __future__ import annotations

import threading
from collections.abc import Generator

import psutil
import pytest

from whiteboard.site.memory import family, give_back, held, resident

GROWTH = 0.7
"""GB that a process grows by before it gives memory back: to compile again takes time."""
INTERVAL = 0.5
"""Seconds between two samples."""


class Peak:
    """The most that the processes of a run held together, and what ran then.

    Attributes:
        limit: GB; more than that fails the run.
        parts: GB that each process held at the peak.
        during: the tests that ran at the peak.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.parts: list[float] = []
        self.during: list[str] = []
        self._running: dict[str, None] = {}
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)

    def pytest_sessionstart(self) -> None:
        self._sampler.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running[nodeid] = None

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._running.pop(nodeid, None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._ended.set()
        self._sampler.join()
        if sum(self.parts) > self.limit and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        high = sum(self.parts) > self.limit
        terminalreporter.write_line(self._message(), red=high, green=not high)

    def _sample(self) -> None:
        this, most = psutil.Process(), 0.0
        while not self._ended.wait(INTERVAL):
            processes = family(this)
            if (seen := resident(processes)) > most:
                most = seen
                self._note(held(processes))

    def _note(self, parts: list[float]) -> None:
        if sum(parts) > sum(self.parts):
            self.parts, self.during = parts, list(self._running)

    def _message(self) -> str:
        got, parts = sum(self.parts), " + ".join(f"{part:.2f}" for part in self.parts)
        during = "".join(f"\n  {nodeid}" for nodeid in self.during) or "\n  no test"
        found = f"{got:.2f} GB ({parts}), while these ran:{during}"
        if got <= self.limit:
            return f"Peak memory, of {self.limit:g} GB allowed: {found}"
        return (
            f"Peak memory: wanted at most {self.limit:g} GB, got {found}\n"
            "Find what holds the memory: run these files alone, with the same option."
        )


class GiveBack:
    """Hands back what a process has grown by: between two tests, and of a page at its end.

    A page is one program, whose later blocks use what the earlier ones compiled.
    """

    def __init__(self) -> None:
        self._process = [psutil.Process()]
        self._least = resident(self._process)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        done = yield
        file_ended = nextitem is None or nextitem.path != item.path
        if file_ended or isinstance(item, pytest.Function):
            self._give_back_growth()
        return done

    def _give_back_growth(self) -> None:
        if resident(self._process) > self._least + GROWTH:
            give_back()
            self._least = resident(self._process)
        self._least = min(self._least, resident(self._process))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("resource limits").addoption(
        "--memory-limit",
        type=float,
        metavar="GB",
        help="print the peak memory of the run's processes, and fail above so many GB",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(GiveBack(), "whiteboard-give-back")
    limit = config.option.memory_limit
    if limit is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Peak(limit), "whiteboard-peak-memory")
