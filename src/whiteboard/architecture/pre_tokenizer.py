"""Cuts text into words before byte-pair encoding; no merge ever crosses a cut."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from itertools import groupby

# Unicode's White_Space. Python's own \s also takes U+001C to U+001F, which the reference does not.
_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


# --8<-- [start:pattern]
@cache
def word_pattern(*, single_digits: bool = True) -> re.Pattern[str]:
    r"""GPT-2's pattern of a word, with each digit a word of its own or numbers left whole.

    A word is a contraction's ending, letters, a number, or other signs; it takes one space before
    it along. Of several spaces the last goes to the word after them. With `single_digits` a digit
    stands alone, and the spaces before it stay together: SmolLM2, Qwen and Mistral cut so.

    Letters are the categories L* and digits N* of this Python's Unicode, written out, because
    Python's `re` has no `\p{L}`.

    Source: GPT-2's encoder.py; the `Digits` pre-tokeniser of the library `tokenizers`.
    """
    letter, digit = _category("L"), _category("N")
    number = f"[{digit}]" if single_digits else f" ?[{digit}]+"
    stop = f"[^{_SPACE}{digit}]" if single_digits else f"[^{_SPACE}]"
    return re.compile(
        f"'(?:[sdmt]|ll|ve|re)| ?[{letter}]+|{number}| ?[^{_SPACE}{letter}{digit}]+"
        f"|[{_SPACE}]+(?!{stop})|[{_SPACE}]+"
    )


# --8<-- [end:pattern]


@cache
def _category(first: str) -> str:
    """All characters whose category begins so, as ranges inside a character class."""
    kept = (i for i in range(sys.maxunicode + 1) if unicodedata.category(chr(i))[0] == first)
    ranges = []
    for _, run in groupby(enumerate(kept), key=lambda found: found[1] - found[0]):
        points = [point for _, point in run]
        ranges.append(f"\\U{points[0]:08x}-\\U{points[-1]:08x}")
    return "".join(ranges)
