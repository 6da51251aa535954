"""Text into sentences that know where they stand: every character belongs to exactly one."""

from __future__ import annotations

import re
from itertools import pairwise

# Ends: a mark, closing quotes or brackets, white space; then what may begin a sentence. Or a blank
# line: headings and list items have no mark. No part can be tried again at each place of a long run
# of spaces or newlines: that would take hours for a file of them.
_END = re.compile(r"""[.!?]["'”’)\]*_`]*+\s++(?=["'“‘(\[*_`]*+[A-Z0-9]|["“`]\w)|\n[ \t]*+\n\s*+""")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|a\.k\.a|cf|vs|approx|resp|fig|eq|sec|dr|mr|mrs|ms|prof|st|al)"
    r"|(?<![\w.])[A-Z]|(?:^|\n)[ \t]*\d{1,3})$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12
Place = tuple[int, int]


def sentence_places(text: str) -> list[Place]:
    """Start and end of each sentence, with the white space behind it: together the whole text.

    A sentence ends at `.`, `!` or `?` before white space and a capital, a digit or a quote, unless
    an abbreviation or the number of a list item ends there, and at each blank line. Rules for
    English, none of them learned: code, lists without marks and other scripts come out long.
    `See e.g. Fig. 2. It holds.` has two.
    """
    ends = [match.end() for match in _END.finditer(text) if not _abbreviated(text, match)]
    edges = [0, *(end for end in ends if end < len(text)), len(text)]
    return list(pairwise(edges)) if text else []


def _abbreviated(text: str, match: re.Match[str]) -> bool:
    if text[match.start()] != "." or match[0].count("\n") > 1:
        return False
    before = text[max(0, match.start() - _LONGEST_ABBREVIATION) : match.start()]
    return _ABBREVIATION.search(before) is not None
