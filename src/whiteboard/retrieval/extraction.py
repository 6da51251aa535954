"""Answers that can only be sentences of the passages: decoding confined to what stands there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from whiteboard.decoding.reader import Reader
from whiteboard.lm.model import LanguageModel
from whiteboard.retrieval.sentences import sentence_places

LONGEST = 32  # tokens of a sentence that count: of those alike so far the first is taken
Tokens = tuple[int, ...]
_ENDED = re.compile(r"""[.!?]["'”’)\]*_`]*$""")


class Extract(NamedTuple):
    """A sentence of a passage: `passages[passage][start:end] == text`."""

    passage: int
    start: int
    end: int
    text: str

    def cited(self) -> str:
        """As an answer: "the words" [number from 1]."""
        return f'"{" ".join(self.text.split())}" [{self.passage + 1}]'


def sentences(passages: Sequence[str], *, least: int = 5) -> list[Extract]:
    """What can be extracted: the sentences of `least` words or more that end in a mark.

    A heading, an entry of a grammar, or a sentence that the passage's end cuts off is none.

    Args:
        passages: texts to extract from.
        least: fewest words of a sentence.

    Returns:
        The sentences with their places, passage by passage.
    """
    found = []
    for number, passage in enumerate(passages):
        for start, end in sentence_places(passage):
            piece = passage[start:end]
            text, first = piece.strip(), start + len(piece) - len(piece.lstrip())
            if len(text.split()) >= least and _ENDED.search(text):
                found.append(Extract(number, first, first + len(text), text))
    return found


# --8<-- [start:extract]
def extract(
    reader: Reader, prompts: Sequence[Sequence[int]], choices: Sequence[Sequence[Extract]]
) -> list[Extract]:
    """Greedy decoding of every prompt, where only tokens that continue one of its choices count.

    It ends when one choice is left: what follows is known. Of choices with the same tokens the
    first is taken.

    Args:
        reader: has read what the prompts begin with.
        prompts: token ids up to where the extract begins.
        choices: extracts that may answer each prompt.

    Returns:
        The chosen extract of each prompt.

    Raises:
        ValueError: for a prompt without choices, or what the reader refuses.
    """
    if len(prompts) != len(choices) or not all(choices):
        raise ValueError("choices: wanted one or more for each prompt; refuse to answer instead")
    rows = [_by_tokens(reader.model, row) for row in choices]
    steps = reader.steps(prompts, LONGEST)
    logits = next(steps)
    for step in range(LONGEST):
        if all(len(row) == 1 for row in rows):
            break
        tokens = [_likeliest(row, step, scores) for row, scores in zip(rows, logits, strict=True)]
        rows = [_continued(row, step, token) for row, token in zip(rows, tokens, strict=True)]
        logits = steps.send(tokens)
    return [found for row in rows for found in row.values()]


def _likeliest(row: dict[Tokens, Extract], step: int, logits: np.ndarray) -> int:
    """The best token that continues a choice; any once there is nothing to decide."""
    allowed = sorted({ids[step] for ids in row if step < len(ids)}) or [0]
    return allowed[int(np.argmax(logits[allowed]))]


# --8<-- [end:extract]


def _continued(row: dict[Tokens, Extract], step: int, token: int) -> dict[Tokens, Extract]:
    if len(row) == 1:
        return row
    return {ids: choice for ids, choice in row.items() if ids[step : step + 1] == (token,)}


def _by_tokens(model: LanguageModel, choices: Sequence[Extract]) -> dict[Tokens, Extract]:
    """The first choice of each sequence of tokens; the mark tells a sentence from a longer one."""
    found: dict[Tokens, Extract] = {}
    for choice in choices:
        said = f'{" ".join(choice.text.split())}"'
        found.setdefault(tuple(model.tokenizer.encode(said)[:LONGEST]), choice)
    return found
