"""Runs the blocks of a page: one namespace a page, each block once, as a reader's program would."""

from __future__ import annotations

import io
import linecache
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jaxtyping

from whiteboard.site.fences import Fence
from whiteboard.site.reads import noting


class BlockError(Exception):
    """A block that failed; the message says where on the page, and why."""


class NeededBlockError(Exception):
    """A block that was not run because one it needs failed before."""


@dataclass
class PageRun:
    """One run of a page, or of a program, which is one block.

    Attributes:
        path: the page.
        root: the project, where the blocks run.
        blocks: the blocks that run, in order.
        printed: what each block that ran has printed, by the line of its fence.
        failed: the block that failed, if one has.
        opened: the files that the page's code has read.
    """

    path: Path
    root: Path
    blocks: Sequence[Fence]
    printed: dict[int, str] = field(default_factory=dict)
    failed: Fence | None = None
    opened: set[str] = field(default_factory=set)
    # `__main__`, as in the reader's own program: `if __name__ == "__main__"` and reprs are alike.
    module: ModuleType = field(default_factory=lambda: ModuleType("__main__"))
    _config: dict[str, Any] = field(default_factory=lambda: dict(jax.config.values))
    _changed: dict[str, int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The page as messages name it."""
        return os.path.relpath(self.path, self.root)

    def run(self, line: int | None = None) -> str:
        """Run what has not run yet, up to the block at `line` (or to the last); what it printed.

        Raises:
            BlockError: when a block fails, at its first run.
            NeededBlockError: when a block failed before, so the rest cannot run.
        """
        for block in self.blocks:
            if block.line not in self.printed:
                if self.failed:
                    raise NeededBlockError(f"the block at {self.place}:{self.failed.line} failed")
                self.printed[block.line] = self._execute(block)
            if block.line == line:
                return self.printed[block.line]
        return ""

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a function as the page's own program would; what it prints is dropped."""
        program = as_program(self.module, self.root, io.StringIO(), io.StringIO())
        with noting(self.opened), program:
            return function()

    def close(self) -> list[str]:
        """Free what the page holds, and undo what it did to jax.config.

        Returns:
            A message for each option that it had changed.
        """
        self._free()
        problems = []
        for name, before in self._config.items():
            if (value := jax.config.values[name]) != before:
                jax.config.update(name, before)
                line = self._changed.get(name, self.blocks[-1].line if self.blocks else 1)
                problems.append(
                    f"{self.place}:{line}: {name} was {before!r}, and it is left at "
                    f"{value!r}: set it back in the same block"
                )
        return problems

    def _free(self) -> None:
        """Empty the namespace: JAX keeps the page's classes, and each class all of its globals."""
        self.module.__dict__.clear()
        for block in self.blocks:
            linecache.cache.pop(self._file_name(block), None)

    def _execute(self, block: Fence) -> str:
        output, errors = io.StringIO(), io.StringIO()
        try:
            with noting(self.opened), as_program(self.module, self.root, output, errors):
                exec(self._compile(block), self.module.__dict__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Not Exception alone: SystemExit and pytest's own outcomes are failures of a page too.
            self.failed = block
            printed = {"stdout": output.getvalue(), "stderr": errors.getvalue()}
            raise BlockError(self._report(block, error, printed)) from error
        finally:
            self._note_config(block)
        return output.getvalue()

    def _note_config(self, block: Fence) -> None:
        for name, value in jax.config.values.items():
            if name in self._config and value != self._config[name]:
                self._changed.setdefault(name, block.line)

    def _compile(self, block: Fence) -> Any:
        name, source = self._file_name(block), block.source
        if block.source == block.raw:
            source = "\n" * block.line + source
        else:
            entry = len(source), None, source.splitlines(keepends=True), name
            linecache.cache[name] = entry
        return compile(source, name, "exec", dont_inherit=True)

    def _file_name(self, block: Fence) -> str:
        """The page itself, at whose lines the code stands; with an include the lines differ."""
        return str(self.path) if block.source == block.raw else f"{self.path}#{block.line}"

    def _report(self, block: Fence, error: BaseException, printed: dict[str, str]) -> str:
        frames = list(self._frames(error))
        line = next((line for line, _ in reversed(frames) if line), block.line)
        message = "".join(traceback.format_exception_only(error)).rstrip()
        parts = [f"{self.place}:{line}: {message}", "", *_excerpt(block, line)]
        if len(frames) > 1 or block.source != block.raw:
            parts += ["", *(text for _, text in frames)]
        parts += [f"\n{name}:\n{text.rstrip()}" for name, text in printed.items() if text]
        return "\n".join(parts)

    def _frames(self, error: BaseException) -> Iterator[tuple[int, str]]:
        """The page's line (0 outside the page) and the text of each frame, from the page on."""
        blocks = {self._file_name(block): block for block in self.blocks}
        entered = False
        for frame in traceback.extract_tb(error.__traceback__):
            line = _page_line(blocks.get(frame.filename), frame.lineno or 0)
            entered = entered or bool(line)
            if entered:
                where = f"{self.place}:{line}" if line else f"{frame.filename}:{frame.lineno}"
                yield line, f"{where}, in {frame.name}\n    {frame.line}"
        if isinstance(error, SyntaxError) and error.filename in blocks:
            yield _page_line(blocks[error.filename], error.lineno or 0), str(error)


def whole_program(source: str) -> Fence:
    """A program that is one block, at its own lines."""
    lines = tuple(range(1, source.count("\n") + 1))
    return Fence(0, len(lines), "python", frozenset(), "", source, source, "", lines)


@contextmanager
def as_program(
    module: ModuleType, root: Path, output: io.StringIO, errors: io.StringIO
) -> Iterator[None]:
    """Run as the reader would: from the project's folder, as `__main__`, unchecked by the tests.

    The shape checks that the tests add would answer a wrong call before the code's own error does.
    """
    main, folder, disabled = sys.modules["__main__"], Path.cwd(), jaxtyping.config.jaxtyping_disable
    sys.modules["__main__"] = module
    jaxtyping.config.update("jaxtyping_disable", True)
    os.chdir(root)
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            yield
    finally:
        os.chdir(folder)
        jaxtyping.config.update("jaxtyping_disable", disabled)
        sys.modules["__main__"] = main


def _page_line(block: Fence | None, line: int) -> int:
    if block is None:
        return 0
    if block.source == block.raw:
        return line
    return block.lines[min(line, len(block.lines)) - 1] if block.lines else block.line


def _excerpt(block: Fence, failed: int) -> Iterator[str]:
    for number, text in enumerate(block.raw.splitlines(), block.line + 1):
        yield f"{'>' if number == failed else ' '} {number:4}  {text}".rstrip()
