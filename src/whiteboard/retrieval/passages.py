"""Documents cut into passages that know where they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Chunk:
    """A passage: `document[start:end] == text`, always."""

    document: str
    start: int
    end: int
    text: str


def fixed_chunks(
    documents: Mapping[str, str], *, size: int = 600, overlap: int = 100
) -> list[Chunk]:
    """Passages of at most `size` characters; each repeats up to `overlap` of the one before.

    Ends are moved back and starts forward to the nearest white space: no word is cut, unless it is
    longer than half a passage. Together the passages hold every character of their document.

    Args:
        documents: text by name. An empty one has no passage.
        size: most characters of a passage.
        overlap: most characters shared with the passage before.

    Returns:
        The passages, document by document.

    Raises:
        ValueError: when the overlap is not smaller than half a passage.
    """
    if not 0 <= overlap < size / 2:
        raise ValueError(f"overlap: wanted 0 to less than {size / 2:g} (size / 2), got {overlap}")
    return [
        Chunk(name, start, end, text[start:end])
        for name, text in documents.items()
        for start, end in _spans(text, size, overlap)
    ]


def _spans(text: str, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        if end < len(text):
            end = _word_start(text, range(end, start + size // 2, -1), end)
        yield start, end
        if end == len(text):
            return
        start = _word_start(text, range(end - overlap, end), end)


def _word_start(text: str, places: range, otherwise: int) -> int:
    """The first of the places that follows white space."""
    return next((at for at in places if text[at - 1].isspace()), otherwise)
