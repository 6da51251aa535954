"""Text into the terms that BM25 counts. What the analyzer splits, exact search cannot find."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+(?:[-./:]\w+)*")
_PART = re.compile(r"[^\W_]+")


def analyze(text: str) -> list[str]:
    """The terms of a text, in lower case: each word or code whole, then its parts.

    >>> analyze("Use sys.exc_info for AB-12/7")
    ['use', 'sys.exc_info', 'sys', 'exc', 'info', 'for', 'ab-12/7', 'ab', '12', '7']

    The whole makes a code findable exactly, the parts make `exc_info` findable by "info". No
    stemming and no stop words: a word in most documents has a small idf anyway.
    """
    terms = []
    for word in _WORD.findall(text.lower()):
        parts = _PART.findall(word)
        terms += [word] if parts == [word] else [word, *parts]
    return terms
