"""The pytest plugin that proves the pages: `pytest docs/`.

It stands on pytest-markdown-docs, which finds the fences and makes them tests. Added here: a parser
that sees what the site draws, a runner with one namespace a page, output fences, claims, guards,
the snippets, and the record of the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from functools import partial
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
from whiteboard.site.claims import Check, ClaimError, ValueMismatchError, check_value
from whiteboard.site.fences import Fence, IncludeError, fence_parser, parse_fences
from whiteboard.site.front_matter import FrontMatterError
from whiteboard.site.guards import page_claims, page_problems, snippet_is_used
from whiteboard.site.pages import PageError, load_page
from whiteboard.site.runner import BlockError, NeededBlockError, PageRun, whole_program

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
        self.finished: set[str] = set()
        self.failed = False
        self.text = ""
        self.rewritten: dict[tuple[int, int], str] = {}

    def collect(self) -> Iterator[pytest.Item]:
        for item in self._items():
            self.expected.add(item.nodeid)
            yield item

    def _items(self) -> Iterator[pytest.Item]:
        self.text = text = self.path.read_text("utf8")
        root = self.config.rootpath
        yield CheckItem.from_parent(self, name="guards", check=self._guard)
        try:
            self.fences = parse_fences(text, root)
            claims = page_claims(text)
        except (IncludeError, FrontMatterError, ClaimError):
            return  # the guards say what is wrong
        if re.match(r"q\d\d-", self.path.name):
            yield CheckItem.from_parent(self, name="contract", check=self._contract)
        # Named by their place in the page, not by line, so that --lf finds them after an edit.
        found = [item.test_definition for item in super().collect()]
        lines = {test.start_line for test in found}
        self.blocks = [fence for fence in self.fences if fence.line in lines]
        for number, test in enumerate(found, 1):
            name = f"block-{number}"
            yield MarkdownInlinePythonItem.from_parent(self, name=name, test_definition=test)
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

    @property
    def place(self) -> str:
        return self.path.relative_to(self.config.rootpath).as_posix()

    def setup(self) -> None:
        self.run = PageRun(self.path, self.config.rootpath, self.blocks)
        _OPEN[self.path] = self

    def teardown(self) -> None:
        del _OPEN[self.path]
        problems = self.run.close()
        if self.rewritten and self.path.read_text("utf8") != self.text:
            problems.append(f"{self.place} has changed while it ran: update its outputs again")
        elif self.rewritten:
            self.path.write_text(outputs.rewritten(self.text, self.rewritten), "utf8")
        if problems:
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
        """Note how a phase of one of the page's items ended."""
        self.failed = self.failed or not report.passed
        if report.when == "teardown":
            self.finished.add(report.nodeid)

    @property
    def ran_whole(self) -> bool:
        return bool(self.finished) and self.finished == self.expected and not self.rewritten


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


class DocsFolder(pytest.Dir):  # type: ignore[misc]  # final for typing; it is only added to
    """docs/: the pages, and the programs of snippets/ that stand in them."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        yield from super().collect()
        for path in sorted(self.config.rootpath.glob("snippets/**/*.py")):
            yield SnippetFile.from_parent(self, path=path)


class SnippetFile(pytest.File):
    """A program of snippets/, run whole."""

    def collect(self) -> Iterator[pytest.Item]:
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
                return _figure_problems(run.call(figure))
        finally:
            changed = run.close()
        return changed


@register_runner(default=True)
class PageRunner(_Runner):
    """Runs one block in its page's namespace, after those it needs, and checks what it prints."""

    def runtest(self, test: Any, args: dict[str, Any], **_: Any) -> None:
        page = _OPEN[test.source_path]
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


def _output_problem(shown: Fence | None, printed: str) -> str:
    if shown is None:
        return f"the block prints and no output fence follows:\n{printed}" if printed else ""
    if not printed:
        return "an output fence follows, and the block prints nothing"
    if outputs.matches(shown.source, printed):
        return ""
    return "the output differs:\n" + outputs.difference(shown.source, printed)


def _figure_problems(drawn: object) -> list[str]:
    from matplotlib.figure import Figure
    from matplotlib.pyplot import close

    close("all")
    return [] if isinstance(drawn, Figure) else [f"figure() returns {drawn!r}: wanted a Figure"]
