"""What a reader is handed: how much of the answer is in it, and how much of it is the answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tokenizers import Tokenizer

from whiteboard.data import Span
from whiteboard.retrieval.passages import Chunk


# --8<-- [start:coverage]
def coverage(answers: Sequence[Sequence[Span]], passages: Sequence[Chunk]) -> tuple[float, float]:
    """Recall and precision of passages, counted in characters.

    Recall is the mean over the answers of the share that the passages hold together, where the
    answer stands in several places the one that is held best. Precision is the share of all
    characters handed over that belong to an answer; what is handed over twice counts twice.

    Args:
        answers: for each answer of the query, the places where it stands.
        passages: retrieved chunks, best first.

    Returns:
        Recall and precision, each 0 to 1.

    Source: Smith and Troynikov, Evaluating Chunking Strategies for Retrieval, 2024, who count
    tokens.
    """
    held = [max(_held(place, passages) / (place.end - place.start) for place in a) for a in answers]
    length = sum(passage.end - passage.start for passage in passages)
    relevant = sum(_held(place, passages) for place in _joined(answers))
    return sum(held) / len(held), relevant / length if length else 0.0


def _held(place: Span, passages: Iterable[Chunk]) -> int:
    """Characters of the place in any of the passages, none counted twice."""
    inside = [
        (max(place.start, passage.start), min(place.end, passage.end))
        for passage in passages
        if passage.document == place.document
    ]
    return len({at for start, end in inside for at in range(start, end)})


# --8<-- [end:coverage]


def _joined(answers: Iterable[Iterable[Span]]) -> list[Span]:
    """The places without overlaps, so that none of their characters counts twice."""
    joined: list[Span] = []
    for place in sorted({p for row in answers for p in row}, key=lambda p: (p.document, p.start)):
        last = joined[-1] if joined else None
        if last and last.document == place.document and place.start < last.end:
            end = max(last.end, place.end)
            joined[-1] = Span(place.document, last.start, end, "")
        else:
            joined.append(place)
    return joined


@dataclass(frozen=True)
class TokenCounts:
    """Where the tokens of each document start, so that any part of it can be counted.

    A token that a cut splits counts in the part where it starts: parts that follow one another add
    up to the whole.
    """

    documents: Mapping[str, str]
    tokenizer: Tokenizer

    @cached_property
    def starts(self) -> dict[str, list[int]]:
        """Each document's token starts, in characters. The whole text: nothing is cut off."""
        whole = Tokenizer.from_str(self.tokenizer.to_str())
        whole.no_truncation()
        encoded = whole.encode_batch(list(self.documents.values()), add_special_tokens=False)
        return {
            name: [start for start, _ in row.offsets]
            for name, row in zip(self.documents, encoded, strict=True)
        }

    def tokens(self, passage: Chunk) -> int:
        """How many tokens start in the passage."""
        starts = self.starts[passage.document]
        return bisect_left(starts, passage.end) - bisect_left(starts, passage.start)

    def within(self, ranked: Iterable[Chunk], budget: int) -> list[Chunk]:
        """The first passages of `budget` tokens together; the last one is cut to fit.

        So every strategy spends the same, whatever the size of its chunks.

        Args:
            ranked: passages, best first.
            budget: tokens to spend.

        Returns:
            The passages that fit.
        """
        taken: list[Chunk] = []
        for passage in ranked:
            tokens = self.tokens(passage)
            if tokens > budget:
                starts = self.starts[passage.document]
                end = starts[bisect_left(starts, passage.start) + budget]
                text = passage.text[: end - passage.start]
                return [*taken, Chunk(passage.document, passage.start, end, text)]
            taken.append(passage)
            budget -= tokens
        return taken


def without_copies(documents: Mapping[str, str], *, share: float = 0.9) -> dict[str, str]:
    """The documents that do not stand in a longer one: their copies would fill the first places.

    A document is left out when `share` of its text, by paragraph, is found in a longer one.

    Args:
        documents: text by name.
        share: how much of a document must be found in a longer one.

    Returns:
        The documents that stay, by name.
    """
    paragraphs = {name: _paragraphs(text) for name, text in documents.items()}
    size = {name: sum(map(len, row)) for name, row in paragraphs.items()}
    kept = dict(documents)
    for name, row in paragraphs.items():
        for other, known in paragraphs.items():
            inside = sum(len(text) for text in row if text in known)
            if size[other] > size[name] and inside >= share * size[name]:
                kept.pop(name, None)
    return kept


def _paragraphs(text: str) -> set[str]:
    return {" ".join(part.split()) for part in text.split("\n\n") if part.strip()}
