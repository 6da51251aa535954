"""The tests that a page is made of: its guards, the contract, its blocks and its claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from whiteboard.site import budget, outputs
from whiteboard.site.claims import Check, ClaimError, ValueMismatchError, check_value
from whiteboard.site.fences import Fence, IncludeError, parse_fences
from whiteboard.site.front_matter import FrontMatterError
from whiteboard.site.guards import page_claims, page_problems
from whiteboard.site.pages import QUESTION, PageError, load_page
from whiteboard.site.proved import ProvedFile
from whiteboard.site.reads import unseen
from whiteboard.site.runner import BlockError, NeededBlockError, PageRun

MARKER = "markdown-docs"
"""The marker that pytest-markdown-docs gives to a block, for `-m markdown-docs`."""


class PageFile(ProvedFile):
    """A page: its guards, its blocks, and then its claims."""

    run: PageRun

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fences: list[Fence] = []
        self.blocks: list[Fence] = []
        self.text = ""
        self.rewritten: dict[tuple[int, int], str] = {}

    def items(self) -> Iterator[pytest.Item]:
        self.text = text = self.path.read_text("utf8")
        root = self.config.rootpath
        yield CheckItem.from_parent(self, name="guards", check=self._guard)
        try:
            self.fences = parse_fences(text, root)
            claims = page_claims(text)
        except (IncludeError, FrontMatterError, ClaimError):
            return  # the guards say what is wrong
        if QUESTION.match(self.path.name):
            yield CheckItem.from_parent(self, name="contract", check=self._contract)
        self.blocks = [fence for fence in self.fences if fence.runs]
        # Named by their place in the page, not by line, so that --lf finds them after an edit.
        for number, block in enumerate(self.blocks, 1):
            yield BlockItem.from_parent(self, name=f"block-{number}", block=block)
        for name, check in claims:
            line = text[: text.find(name.partition(".")[0])].count("\n") + 1
            claim = partial(self._check_claim, name, check)
            yield CheckItem.from_parent(self, name=name, line=line, check=claim)

    def _guard(self) -> list[str]:
        return page_problems(self.path, self.config.rootpath)

    def _contract(self) -> list[str]:
        from whiteboard.site import contract  # it loads the exercises, and they load JAX

        try:
            found = contract.problems(load_page(self.path))
        except PageError:
            return []  # the guards say what is wrong
        return [f"{self.place}: {problem}" for problem in found]

    def _check_claim(self, name: str, check: Check) -> list[str]:
        run_or_skip(self.run)
        try:
            self.run.call(lambda: check_value(check, self.run.module.__dict__))
        except ValueMismatchError as error:
            return [f"{self.place}: claim {name}: {error}"]
        return []

    def setup(self) -> None:
        self.run = PageRun(self.path, self.config.rootpath, self.blocks)

    def teardown(self) -> None:
        problems = self.run.close()
        problems += unseen(self.path, self.config.rootpath, self.run.opened)
        if slow := budget.problem(self.place, {self._where(n): s for n, s in self.spent.items()}):
            problems.append(slow)
        if self.rewritten and self.path.read_text("utf8") != self.text:
            problems.append(f"{self.place} has changed while it ran: update its outputs again")
        elif self.rewritten:
            self.path.write_text(outputs.rewritten(self.text, self.rewritten), "utf8")
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    def _where(self, name: str) -> str:
        """How a message names a test: a block by its line."""
        number = name.removeprefix("block-")
        if name.startswith("block-") and number.isdecimal():
            return f"line {self.blocks[int(number) - 1].line}"
        return f"claim {name}"

    def check_output(self, block: Fence, printed: str) -> None:
        """Compare with the output fence below the block, or note how it is to be rewritten."""
        after = [fence for fence in self.fences if fence.line > block.line][:1]
        shown = after[0] if after and after[0].is_output else None
        problem = _output_problem(shown, printed)
        if problem and printed and self.config.option.update_outputs:
            self._rewrite(block, shown, printed)
        elif problem:
            line = shown.line if shown else block.end_line
            pytest.fail(f"{self.place}:{line}: {problem}", pytrace=False)

    def _rewrite(self, block: Fence, shown: Fence | None, printed: str) -> None:
        if shown:
            self.rewritten[shown.line, shown.end_line] = outputs.merged(shown.source, printed)
        else:
            self.rewritten[block.end_line, 0] = printed

    @property
    def ran_whole(self) -> bool:
        return super().ran_whole and not self.rewritten


class CheckItem(pytest.Item):
    """A test that is a function: it returns what is wrong, a message each."""

    def __init__(self, *, check: Callable[[], list[str]], line: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check, self.line = check, line

    def runtest(self) -> None:
        try:
            problems = self.check()
        except BlockError as error:
            problems = [str(error)]
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.name


class BlockItem(pytest.Item):
    """A block of a page: run in the page's namespace after those it needs, its output compared."""

    parent: PageFile

    def __init__(self, *, block: Fence, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.block = block
        self.add_marker(MARKER)

    def runtest(self) -> None:
        self.parent.check_output(self.block, run_or_skip(self.parent.run, self.block.line))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, BlockError | pytest.fail.Exception):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.block.line - 1, self.name


def run_or_skip(run: PageRun, line: int | None = None) -> str:
    """Run the page up to the block at `line`, or skip, naming the block that has failed before."""
    try:
        return run.run(line)
    except NeededBlockError as error:
        raise pytest.skip.Exception(str(error), _use_item_location=True) from None


_UPDATE = "If that is what it should print: the same command with --update-outputs"


def _output_problem(shown: Fence | None, printed: str) -> str:
    if shown is None:
        return f"the block prints and no output fence follows:\n{printed}{_UPDATE}" * bool(printed)
    if not printed:
        return "an output fence follows, and the block prints nothing"
    if outputs.matches(shown.source, printed):
        return ""
    return f"the output differs:\n{outputs.difference(shown.source, printed)}\n{_UPDATE}"
