"""What a loop could ask next, without a model: parts of the question, names that were found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from whiteboard.retrieval.analyze import analyze

_CUT = re.compile(r",?\s+and\s+|,\s+")
_NAME = re.compile(r'"((?:\w+\.)*\w+\(\))"')


# --8<-- [start:split]
def split_question(question: str) -> list[str]:
    """The parts of a question that may be asked alone; one part if there is nothing to cut at.

    Cut at commas and "and"; a piece of fewer than three words stays with the rest. What stands
    before a colon is about all the parts, and is repeated in each.

    >>> split_question("a search in vain: what of a text, and what of a list")
    ['a search in vain what of a text', 'a search in vain what of a list']
    """
    head, colon, rest = question.rpartition(": ")
    pieces = [piece.strip() for piece in _CUT.split(rest)]
    if any(len(piece.split()) < 3 for piece in pieces):
        pieces = [rest.strip()]
    if colon:
        pieces = [f"{head} {piece}" for piece in pieces] if len(pieces) > 1 else [head, rest]
    return pieces


# --8<-- [end:split]


# --8<-- [start:names]
def names_in(passages: Iterable[str], question: str = "") -> list[str]:
    """The calls that passages quote, such as `"str.join()"`, without those of the question.

    Args:
        passages: texts found so far.
        question: whose terms are known already.

    Returns:
        Names in the order found, each once.
    """
    known = {*analyze(question)}
    found = dict.fromkeys(name for text in passages for name in _NAME.findall(text))
    return [name for name in found if not {*analyze(name)} <= known]


# --8<-- [end:names]


# --8<-- [start:candidates]
def next_queries(question: str, asked: Sequence[str], passages: Iterable[str]) -> list[str]:
    """What may be searched for next, and was not yet: parts of the question, then names found.

    Args:
        question: the user's question.
        asked: queries searched for already.
        passages: texts found so far.

    Returns:
        Queries, most promising first.
    """
    parts = split_question(question)
    candidates = (parts if len(parts) > 1 else []) + names_in(passages, question)
    before = {frozenset(analyze(query)) for query in asked}
    return [query for query in candidates if frozenset(analyze(query)) not in before]


# --8<-- [end:candidates]
