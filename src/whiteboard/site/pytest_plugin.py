"""The pytest plugin that proves the pages: `pytest docs/`.

It stands on pytest-markdown-docs, which finds the fences and makes them tests. Added here: a parser
that sees what the site draws, a runner with one namespace a page, output fences, claims, guards,
the snippets, and the record of the run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from pytest_markdown_docs._runners import _Runner, register_runner
from pytest_markdown_docs.plugin import (
    MarkdownDocstringCodeModule,
    MarkdownInlinePythonItem,
    MarkdownTextFile,
)

from whiteboard.site import outputs, records
from whiteboard.site.fences import Fence, IncludeError, fence_parser, parse_fences
from whiteboard.site.runner import BlockError, NeededBlockError, PageRun

_OPEN: dict[Path, PageFile] = {}
"""The page whose tests are running; the runner that pytest-markdown-docs calls is global."""


class PageFile(MarkdownTextFile):
    """A page: its guards, its blocks, and then its claims."""

    run: PageRun

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fences: list[Fence] = []
        self.blocks: list[Fence] = []
        self.expected: set[str] = set()
        self.finished: dict[str, bool] = {}
        self.rewritten: dict[tuple[int, int], str] = {}

    def collect(self) -> Iterator[pytest.Item]:
        for item in self._items():
            self.expected.add(item.nodeid)
            yield item

    def _items(self) -> Iterator[pytest.Item]:
        try:
            self.fences = parse_fences(self.path.read_text("utf8"), self.config.rootpath)
        except IncludeError as error:
            message = f"{self.place}:{error.line}: {error}"
            yield CheckItem.from_parent(self, name="guards", line=error.line, problems=[message])
            return
        # Named by their place in the page, not by line, so that --lf finds them after an edit.
        found = [item.test_definition for item in super().collect()]
        lines = {test.start_line for test in found}
        self.blocks = [fence for fence in self.fences if fence.line in lines]
        for number, test in enumerate(found, 1):
            name = f"block-{number}"
            yield MarkdownInlinePythonItem.from_parent(self, name=name, test_definition=test)

    @property
    def place(self) -> str:
        return self.path.relative_to(self.config.rootpath).as_posix()

    def setup(self) -> None:
        self.run = PageRun(self.path, self.config.rootpath, self.blocks)
        _OPEN[self.path] = self

    def teardown(self) -> None:
        del _OPEN[self.path]
        if self.rewritten:
            text = self.path.read_text("utf8")
            self.path.write_text(outputs.rewritten(text, self.rewritten), "utf8")
        if problems := self.run.close():
            pytest.fail("\n".join(problems), pytrace=False)

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

    def report(self, report: pytest.TestReport) -> None:
        """Note how one of the page's items ended."""
        passed = self.finished.get(report.nodeid, True) and report.passed
        self.finished[report.nodeid] = passed

    @property
    def ran_whole(self) -> bool:
        return bool(self.finished) and self.expected == self.finished.keys() and not self.rewritten


class CheckItem(pytest.Item):
    """A test of a page that has found its problems already."""

    def __init__(self, *, line: int = 1, problems: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.line, self.problems = line, problems

    def runtest(self) -> None:
        if self.problems:
            pytest.fail("\n".join(self.problems), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.name


@register_runner(default=True)
class PageRunner(_Runner):
    """Runs one block in its page's namespace, after those it needs, and checks what it prints."""

    def runtest(self, test: Any, args: dict[str, Any], **_: Any) -> None:
        page = _OPEN[test.source_path]
        fixtures = {name: value for name, value in args.items() if not name.startswith("__")}
        page.run.module.__dict__.update(fixtures)
        block = next(fence for fence in page.blocks if fence.line == test.start_line)
        page.check_output(block, run_or_skip(page.run, block.line))

    def repr_failure(
        self, test: Any, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str:
        if isinstance(excinfo.value, BlockError | pytest.fail.Exception):
            return str(excinfo.value)
        return str(excinfo.getrepr(style="long"))


def run_or_skip(run: PageRun, line: int | None = None) -> str:
    """Run the page up to the block at `line`, or skip, naming the block that has failed before."""
    try:
        return run.run(line)
    except NeededBlockError as error:
        raise pytest.skip.Exception(str(error), _use_item_location=True) from None


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
        whole = {page.place: page for page in self.pages.values() if page.ran_whole}
        records.write(
            self.config.rootpath,
            {
                place: records.Run(page.run.seconds, all(page.finished.values()))
                for place, page in whole.items()
            },
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


def _output_problem(shown: Fence | None, printed: str) -> str:
    if shown is None:
        return f"the block prints and no output fence follows:\n{printed}" if printed else ""
    if not printed:
        return "an output fence follows, and the block prints nothing"
    if outputs.matches(shown.source, printed):
        return ""
    return "the output differs:\n" + outputs.difference(shown.source, printed)
