"""What a page folds: the code under its result, and the sections of a long docstring.

In *The numbers*, and wherever an output's fence says `.table`, what a block printed stands first
and the block is folded below it. A function shown from `src/` keeps what its docstring says, and
folds the sections (Args, Returns, Raises, ...) that the page has just said.

Only the page's HTML is turned round. Its Markdown, and so the tests, the downloads and the copy
button, keep the order in which the blocks run. `folds.js` opens all code at a time.
"""

from __future__ import annotations

import re
from typing import Any

SHORTEST = 3
"""Lines of a docstring that are worth a line which unfolds them."""
ALL_CODE = (
    '<p class="wb-all-code" data-search-exclude hidden>'
    '<button type="button" aria-expanded="false">Show all code</button></p>'
)
_REST = r'"[^>]*>(?:(?!</div>).)*</div>'
_BLOCK = rf'<div class="[^"]*\bhighlight{_REST}'
_PAIR = re.compile(
    rf"(?P<code>{_BLOCK})\s*"
    rf'(?P<output><div class="(?=[^"]*\boutput\b)(?P<classes>[^"]*\bhighlight){_REST})',
    re.DOTALL,
)
_PARTS = re.compile(r"(?=<h2\b)")
_NUMBERS = re.compile(r'<h2 id="the-numbers"')
_NAME = r'<span class="sd"> *(Args|Returns|Yields|Raises|Source):'
_SECTIONS = re.compile(
    rf'\n(?P<lines>\n?{_NAME}.*\n(?:(?:<span class="sd">.*</span>)?\n)*?)'
    r'(?=<span class="sd">(?P<indent> *)(?:"|&quot;){3}</span>)'
)


def results_first(html: str, **_: Any) -> str:
    """Put results before the code that computed them, and fold the code (mkdocs: on_page_content).

    The first part of the page with folded code begins with a button that unfolds all of it.
    """
    parts = [_turned(part) for part in _PARTS.split(html)]
    folded = (index for index, part in enumerate(parts) if "wb-fold--code" in part)
    if (first := next(folded, None)) is not None:
        heading, end, rest = parts[first].rpartition("</h2>")
        parts[first] = f"{heading}{end}\n{ALL_CODE}{rest}"
    return "".join(parts)


def _turned(part: str) -> str:
    """One part of the page, with each result that is to come first before its block."""
    in_numbers = _NUMBERS.match(part)

    def turn(pair: re.Match[str]) -> str:
        if not (in_numbers or "table" in pair["classes"].split()):
            return pair[0]
        lines = pair["code"].count("\n")
        code = _folded("code", f"The code, {lines} line{'s' * (lines > 1)}", pair["code"])
        return f"{pair['output']}\n{code}"

    return _PAIR.sub(turn, part)


def docstrings(html: str, **_: Any) -> str:
    """Fold the sections of the docstrings in what is shown from `src/` (mkdocs: on_page_content).

    The lines of the code stay as they are, so its text without the summaries is the whole source.
    """

    def fold(found: re.Match[str]) -> str:
        count = found["lines"].strip().count("\n") + 1
        if count < SHORTEST:
            return found[0]
        names = ", ".join(re.findall(_NAME, found["lines"]))
        label = f"{found['indent']}… {count} lines: {names}"
        return "\n" + _folded("doc", label, found["lines"])

    def shown(block: re.Match[str]) -> str:
        from_src = '<span class="filename">src/' in block[0]
        return _SECTIONS.sub(fold, block[0]) if from_src else block[0]

    return re.sub(_BLOCK, shown, html, flags=re.DOTALL)


def _folded(kind: str, label: str, content: str) -> str:
    return (
        f'<details class="wb-fold wb-fold--{kind}">'
        f"<summary data-search-exclude>{label}</summary>{content}</details>"
    )
