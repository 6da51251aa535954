"""The fences of a page, read as the site draws them.

CommonMark takes the body of an admonition (`!!!`), a folded block (`???`) or a tab (`===`) for
indented code, and knows nothing of `--8<--`. `fence_parser` teaches markdown-it both, so that what
the site shows as code is what the tests run, at the page's own line numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mkdocs.utils import yaml_load
from pymdownx.snippets import SnippetExtension, SnippetMissingError, SnippetPreprocessor

_BODY = re.compile(r'(?:!!! ?|\?\?\?\+? ?)[\w-]|===[!+]{0,2} +"')
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---(?=\n|\Z)", re.DOTALL)
_WORD = re.compile(r'([^\s"=]+)="([^"]*)"|(\S+)')
_SITE_SNIPPETS = {"base_path": ["."], "check_paths": True, "dedent_subsections": True}


class IncludeError(ValueError):
    """An include that the site would not build. `line` is the page's line that asks for it."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Fence:
    """One fence of a page.

    Attributes:
        line: the page's line of the opening fence, from 1.
        end_line: the page's line of the closing fence.
        language: `python`, `text`, ... as written; empty when there is none.
        options: the other words of the header, classes without their dot:
            `continuation`, `notest`, `output`, `fixture:x`.
        title: the `title="..."` of the header, or empty.
        source: the body with its includes expanded, dedented.
        raw: the body as written, dedented.
        info: the header as written, after the backticks.
        lines: the page's line of each line of `source`.
    """

    line: int
    end_line: int
    language: str
    options: frozenset[str]
    title: str
    source: str
    raw: str
    info: str
    lines: tuple[int, ...]

    @property
    def is_output(self) -> bool:
        """Whether it holds what the block above it prints (`{.text .output}`)."""
        return "output" in self.options

    @property
    def runs(self) -> bool:
        """Whether the tests run it."""
        return self.language == "python" and "notest" not in self.options


def parse_fences(text: str, root: Path) -> list[Fence]:
    """Every fence of a page, in order, those inside `!!!`, `???` and `===` included.

    Raises:
        IncludeError: when a `--8<--` names a file or section that is not there.
    """
    return [token.meta["fence"] for token in fence_parser(root).parse(text) if token.meta]


def fence_parser(root: Path) -> MarkdownIt:
    """A parser whose fence tokens hold the expanded source, and the `Fence` as `meta["fence"]`."""
    parser = MarkdownIt("commonmark")
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "site_body", _body_rule, interrupts)
    parser.core.ruler.after("normalize", "front_matter", _blank_front_matter)
    parser.core.ruler.after("block", "fences", lambda state: _read_fences(state, root))
    parser.core.ruler.enableOnly(["normalize", "front_matter", "block", "fences"])
    return parser


def site_extensions(root: Path) -> dict[str, dict[str, Any]]:
    """The `markdown_extensions` of mkdocs.yml, by name; empty when there is no mkdocs.yml."""
    path = root / "mkdocs.yml"
    return _extensions(path, path.stat().st_mtime_ns) if path.exists() else {}


@lru_cache(maxsize=8)
def _extensions(path: Path, _mtime: int) -> dict[str, dict[str, Any]]:
    listed = yaml_load(path.read_text("utf8")).get("markdown_extensions") or {}
    if isinstance(listed, list):
        entries = [entry if isinstance(entry, dict) else {entry: {}} for entry in listed]
        listed = {name: options for entry in entries for name, options in entry.items()}
    return {name: options or {} for name, options in listed.items()}


def rooted_options(extension: str, options: dict[str, Any], root: Path) -> dict[str, Any]:
    """The options of an extension, with the paths of snippets taken from `root`, as mkdocs runs."""
    if extension != "pymdownx.snippets":
        return options
    base = options.get("base_path", ".")
    bases = [base] if isinstance(base, str) else base
    return {**options, "base_path": [str(root / folder) for folder in bases]}


def _body_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A markdown-it block rule: the lines indented under `!!!`, `???`, `===` are a body."""
    if state.is_code_block(start):
        return False
    if not _BODY.match(state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]):
        return False
    if silent:
        return True
    indent, after = state.sCount[start] + 4, start + 1
    while after < end and (state.isEmpty(after) or state.sCount[after] >= indent):
        after += 1
    outer = state.blkIndent, state.lineMax
    state.blkIndent, state.lineMax = indent, after
    state.md.block.tokenize(state, start + 1, after)
    (state.blkIndent, state.lineMax), state.line = outer, after
    return True


def _blank_front_matter(state: StateCore) -> None:
    state.src = _FRONT_MATTER.sub(lambda match: "\n" * match[0].count("\n"), state.src)


def _read_fences(state: StateCore, root: Path) -> None:
    preprocessor = _snippets(root)
    for token in state.tokens:
        if token.type == "fence":
            fence = _fence(token, preprocessor)
            token.content, token.meta = fence.source, {"fence": fence}


def _snippets(root: Path) -> SnippetPreprocessor:
    """The preprocessor that the site expands includes with."""
    options = site_extensions(root).get("pymdownx.snippets", _SITE_SNIPPETS)
    extension = SnippetExtension(**rooted_options("pymdownx.snippets", options, root))
    # What the site appends to a page is not part of a fence.
    return SnippetPreprocessor({**extension.getConfigs(), "auto_append": []}, Markdown())


def _fence(token: Token, preprocessor: SnippetPreprocessor) -> Fence:
    assert token.map is not None
    line, end_line = token.map[0] + 1, token.map[1]
    expanded = list(_expand(token.content, line, preprocessor))
    source = "".join(text + "\n" for _, text in expanded)
    language, options, title = _header(token.info)
    lines = tuple(number for number, _ in expanded)
    return Fence(
        line, end_line, language, options, title, source, token.content, token.info.strip(), lines
    )


def _expand(raw: str, line: int, preprocessor: SnippetPreprocessor) -> Iterator[tuple[int, str]]:
    """Each line of the expanded body, with the page's line that it comes from."""
    for number, text in enumerate(raw.removesuffix("\n").split("\n") if raw else [], line + 1):
        try:
            # One line at a time: an include of several lines has no line of its own to blame.
            found = preprocessor.RE_ALL_SNIPPETS.match(text)
            if found and found["block_marker"] and not found["escape"]:
                raise IncludeError(number, 'write an include in one line: --8<-- "path:section"')
            expanded = preprocessor.run([text]) if "8<" in text else [text]
        except SnippetMissingError as error:
            raise IncludeError(number, f"{error}; the line says {text.strip()}") from None
        yield from ((number, part) for part in expanded)


def _header(info: str) -> tuple[str, frozenset[str], str]:
    """Language, options and title of a header, `{.python ...}` or `python ...`."""
    braces = info.strip().startswith("{")
    words, title = [], ""
    for key, value, word in _WORD.findall(info.strip().strip("{}")):
        if key == "title":
            title = value
        elif word:
            words.append(word)
    named = [word for word in words if word.startswith(".")] if braces else words
    language = named[0] if named else ""
    options = frozenset(word.lstrip(".") for word in words if word is not language)
    return language.lstrip("."), options, title
