"""An answer in quotations with the numbers of their passages, each checked against its passage.

What is read here was written by a model that had read anybody's text: nothing of it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from whiteboard.retrieval.rag_metrics import Cited

LEAST_WORDS = 3
"""Fewer stand in almost any passage, and show nothing."""

# A passage may hold quotation marks and numbers in brackets: only a mark that such a number follows
# ends a quotation. Six digits are enough, and int() refuses thousands of them.
_END = re.compile(r'" ?\[([0-9]{1,6})\]')
_TOKEN = re.compile(r"\w+|[^\w\s]")


def stands_in(quotation: str, passage: str) -> bool:
    """Whether the passage holds these whole words and marks in this order.

    White space may differ. Part of a word is no word: `safe to call` does not stand in
    `unsafe to call`. It does in `not safe to call`: whole sentences are harder to bend.

    Args:
        quotation: words to find.
        passage: text to find them in.

    Returns:
        True when they occur; False for a quotation without a word.
    """
    words = " ".join(_TOKEN.findall(quotation))
    return bool(words) and f" {words} " in f" {' '.join(_TOKEN.findall(passage))} "


# --8<-- [start:quotations]
def quotations(answer: str) -> tuple[list[Cited], str]:
    """The `"words" [n]` of an answer, and what stands outside of them.

    A quotation goes from the first mark after the one before it to the next `" [n]`. In time linear
    in the answer, whatever it holds.

    Returns:
        The quotations, whose passages are numbered from 0: [1] cites passage 0, [0] one that is
        none; and the rest of the answer.
    """
    found, rest, after = [], [], 0
    for end in _END.finditer(answer):
        start = answer.find('"', after, end.start())
        if start < 0:
            continue
        found.append(Cited(answer[start + 1 : end.start()], (int(end[1]) - 1,)))
        rest.append(answer[after:start])
        after = end.end()
    return found, "".join([*rest, answer[after:]]).strip()


# --8<-- [end:quotations]


# --8<-- [start:problems]
def citation_problems(answer: str, passages: Sequence[str]) -> list[str]:
    """Why an answer may not be shown; nothing when every word of it is quoted where it says.

    It holds that the words stand in the passage, not that they answer, nor that they are true.

    Args:
        answer: text with quotations and the numbers of their passages.
        passages: retrieved texts, in the order of their numbers.

    Returns:
        One sentence a problem.
    """
    found, rest = quotations(answer)
    problems = [] if found else ['wanted "words of a passage" [its number], got no quotation']
    for text, (number,) in ((each.text, each.citations) for each in found):
        shown = f'"{" ".join(text.split())[:40]}" [{number + 1}]'
        if not 0 <= number < len(passages):
            problems.append(f"{shown}: there are passages 1 to {len(passages)}")
        elif len(re.findall(r"\w+", text)) < LEAST_WORDS:
            problems.append(f"{shown}: wanted {LEAST_WORDS} words or more")
        elif not stands_in(text, passages[number]):
            where = [n for n, passage in enumerate(passages, 1) if stands_in(text, passage)]
            problems.append(f"{shown}: " + (f"stands in {where}" if where else "stands in none"))
    return problems + ([f"not quoted: {rest[:40]!r}"] if found and rest else [])


# --8<-- [end:problems]
