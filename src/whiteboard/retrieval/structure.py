"""The blocks of a manual: headings, code, tables and paragraphs, each at its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_MARKDOWN_HEADING = re.compile(r"#{1,6} \S")
_UNDERLINE = re.compile(r"([*=\-~^])\1{2,}\s*$")
_TABLE = re.compile(r"[ \t]*(?:\+[-=]|\|)")
_CODE = re.compile(
    r"[ \t]+(?:>>>|\.\.\. |@\w|#|\(Pdb\)|>|"
    r"(?:async |await |class |def |del |elif |else:|except|finally:|for |from |global |if |import |"
    r"match |nonlocal |print\(|raise |return |try:|while |with |yield )|"
    r"[\w.\[\], ]+ [-+*/@%&|^<>]*=(?!=) ?\S|[\w.]+\([^)]*\)$)"
)
_LOOK = 200  # characters of a line that are looked at: enough to know it, however long it is


@dataclass(frozen=True)
class Block:
    """A run of lines that belong together, with the blank lines behind them.

    Attributes:
        start: where it starts in the text.
        end: where the next one starts.
        kind: "heading", "code", "table" or "text".
    """

    start: int
    end: int
    kind: str


def blocks(text: str) -> list[Block]:
    """The blocks of a text, in Markdown or in plain text as Python's documentation is printed.

    Together they are the whole text. Code is what stands between fences, or what is indented and
    looks like Python or a console; it goes on over blank lines while the next lines are code too,
    or are indented further. The rest ends at each blank line.
    """
    lines = list(_lines(text))
    found, number = [], 0
    while number < len(lines):
        kind, after = _block(lines, number)
        while after < len(lines) and not lines[after][1].strip():
            after += 1  # the blank lines behind it
        end = lines[after][0] if after < len(lines) else len(text)
        found.append(Block(lines[number][0], end, kind))
        number = after
    return found


Lines = list[tuple[int, str]]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line
        start += len(line)


def _block(lines: Lines, number: int) -> tuple[str, int]:
    """The kind of the block that starts at this line, and the line after its last."""
    line = lines[number][1]
    if fence := _FENCE.match(line):
        return "code", _after_fence(lines, number, fence[1])
    if _MARKDOWN_HEADING.match(line):
        return "heading", number + 1
    if _underlined(lines, number):
        return "heading", number + 2
    after = _after_paragraph(lines, number)
    if _TABLE.match(line):
        return "table", after
    if _CODE.match(line[:_LOOK]):
        return "code", _after_code(lines, number, after)
    return "text", after


def _underlined(lines: Lines, number: int) -> bool:
    title = lines[number][1]
    return (
        number + 1 < len(lines)
        and bool(title.strip())
        and not title[0].isspace()
        and _UNDERLINE.match(lines[number + 1][1]) is not None
    )


def _after_fence(lines: Lines, number: int, mark: str) -> int:
    for after in range(number + 1, len(lines)):
        closing = lines[after][1].strip()
        if closing.startswith(mark) and not closing.strip(mark[0]):
            return after + 1
    return len(lines)


def _after_paragraph(lines: Lines, number: int) -> int:
    after = number + 1
    while after < len(lines) and lines[after][1].strip() and not _begins(lines, after):
        after += 1
    return after


def _begins(lines: Lines, number: int) -> bool:
    line = lines[number][1]
    return bool(_FENCE.match(line) or _MARKDOWN_HEADING.match(line)) or _underlined(lines, number)


def _after_code(lines: Lines, number: int, after: int) -> int:
    """The end of code that may have blank lines in it."""
    indent = _indent(lines[number][1])
    while True:
        following = after
        while following < len(lines) and not lines[following][1].strip():
            following += 1
        if following == after or following == len(lines):
            return after
        line = lines[following][1]
        deeper = _indent(line) > indent
        if not deeper and not (_indent(line) == indent and _CODE.match(line[:_LOOK])):
            return after
        after = _after_paragraph(lines, following)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
