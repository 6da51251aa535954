"""The output fences of a page: compared with what the block above printed, and rewritten."""

from __future__ import annotations

import re
from difflib import SequenceMatcher, unified_diff

ELLIPSIS = "..."
HEADER = '```{.text .output title="Output"}'


def matches(shown: str, printed: str) -> bool:
    """Whether the printed text is what the page shows.

    `...` inside a line stands for any part of that line; alone on its line, for one or more.
    """
    return re.fullmatch("".join(map(_pattern, _lines(shown))), printed_lines(printed)) is not None


def printed_lines(printed: str) -> str:
    """The printed text as a fence holds it: ending in a newline, if it is anything at all."""
    return printed if not printed or printed.endswith("\n") else printed + "\n"


def difference(shown: str, printed: str) -> str:
    """A diff from what the page shows to what was printed; what `...` covers does not differ."""
    wanted, got = _lines(shown), _lines(merged(shown, printed))
    return "\n".join(unified_diff(wanted, got, "the page shows", "the block printed", lineterm=""))


def merged(shown: str, printed: str) -> str:
    """The printed text, with the `...` of the page kept wherever they still match."""
    if matches(shown, printed):
        return shown
    old, new = _lines(shown), _lines(printed_lines(printed))
    # A line of the page that covers a printed one is lined up with it as if they were equal.
    stand_in = {line: next((o for o in old if _covers(o, line)), line) for line in new}
    matcher = SequenceMatcher(None, old, [stand_in[line] for line in new], autojunk=False)
    result: list[str] = []
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        gap = old[start:end]
        elided = kind == "replace" and all(line.strip() == ELLIPSIS for line in gap)
        result += gap if elided or kind == "equal" else new[new_start:new_end]
    text = "".join(line + "\n" for line in result)
    return text if matches(text, printed) else printed_lines(printed)


def rewritten(text: str, bodies: dict[tuple[int, int], str]) -> str:
    """The page with the bodies of some fences replaced, at the indentation of the fence.

    `bodies` has the new body by (line of the opening fence, line of the closing fence), and a new
    output fence by (line of the block's closing fence, 0), which goes below it.
    """
    lines = text.split("\n")
    for (start, end), body in sorted(bodies.items(), reverse=True):
        indent = re.match(r"[ \t]*", lines[start - 1])[0]  # type: ignore[index]
        if "```" in body:
            raise ValueError(f"line {start}: the output holds ```, which would close its fence")
        new = _lines(body) if end else ["", HEADER, *_lines(body), "```"]
        lines[start : end - 1 if end else start] = [indent + line if line else "" for line in new]
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _pattern(line: str) -> str:
    if line.strip() == ELLIPSIS:
        return r"(?:.*\n)+?"
    return r".*?".join(re.escape(part) for part in line.split(ELLIPSIS)) + r"\n"


def _covers(shown: str, line: str) -> bool:
    alone = shown.strip() == ELLIPSIS
    return not alone and re.fullmatch(_pattern(shown), line + "\n") is not None
