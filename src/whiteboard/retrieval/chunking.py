"""Four ways to cut a manual, beside the fixed windows of `chunk`: each keeps its exact places.

Each cuts a document into pieces that follow one another, so nothing is lost and nothing repeated,
and no piece is longer than the size, in characters. Where the pieces end is all that differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.retrieval.passages import Chunk, fixed_chunks
from whiteboard.retrieval.sentences import sentence_places
from whiteboard.retrieval.structure import blocks

Place = tuple[int, int]
Encode = Callable[[Sequence[str]], Float[Array, "texts dim"]]


# --8<-- [start:pack]
def pack(pieces: Iterable[Place], size: int) -> list[Place]:
    """Neighbouring pieces joined while they are at most `size` long together: next fit.

    Args:
        pieces: start and end of each piece, one after the other, without gaps.
        size: most characters; a single piece that is longer stays whole.

    Returns:
        Start and end of each chunk.
    """
    packed: list[Place] = []
    for start, end in pieces:
        if packed and end - packed[-1][0] <= size:
            packed[-1] = packed[-1][0], end
        else:
            packed.append((start, end))
    return packed


# --8<-- [end:pack]


def sentence_chunks(documents: Mapping[str, str], *, size: int = 600) -> list[Chunk]:
    """Whole sentences, as many as fit. One that does not fit alone is cut at white space.

    Args:
        documents: text by name.
        size: most characters of a chunk.

    Returns:
        The chunks, document by document.
    """
    return _chunks(documents, lambda text: pack(_cut(text, sentence_places(text), size), size))


def structure_chunks(documents: Mapping[str, str], *, size: int = 600) -> list[Chunk]:
    """Whole blocks, as many as fit, with each heading in front of what it is the heading of.

    A paragraph that does not fit is cut between sentences. Code and tables stay whole up to the
    size, and are cut at white space beyond it.

    Args:
        documents: Markdown text by name.
        size: most characters of a chunk.

    Returns:
        The chunks, document by document.
    """
    return _chunks(documents, lambda text: pack(_structure(text, size), size))


# --8<-- [start:semantic]
def semantic_chunks(
    documents: Mapping[str, str], encode: Encode, *, size: int = 600, percentile: float = 95.0
) -> list[Chunk]:
    """Cut where the meaning shifts: 1 - cos of neighbouring sentences, in each document.

    The shifts above the percentile are the ends. What is still longer than the size is cut at its
    own largest shift, until it fits. Every sentence is encoded before there is one chunk.

    Source: the "percentile" breakpoints of Kamradt's splitter, as Qu, Tu and Bao describe them
    (arXiv 2410.13070); he compares groups of three sentences, and has no limit of size.

    Args:
        documents: text by name.
        encode: texts to unit vectors.
        size: most characters of a chunk.
        percentile: of a document's shifts; those above it end a chunk.

    Returns:
        The chunks, document by document.
    """
    places = {name: _cut(text, sentence_places(text), size) for name, text in documents.items()}
    sentences = [documents[name][a:b] for name, row in places.items() for a, b in row]
    vectors = np.asarray(encode(sentences))
    chunks, first = [], 0
    for name, row in places.items():
        own = vectors[first : first + len(row)]
        first += len(row)
        shifts = 1 - np.sum(own[1:] * own[:-1], axis=1)
        for start, end in _shifted(row, shifts, size, percentile):
            chunks.append(Chunk(name, start, end, documents[name][start:end]))
    return chunks


# --8<-- [end:semantic]


@dataclass(frozen=True)
class Families:
    """Small chunks to be found by, and the large ones that are handed on instead.

    Attributes:
        children: what is indexed; each lies inside one parent.
        parents: what the reader gets.
        parent_of: the number of each child's parent.
    """

    children: list[Chunk]
    parents: list[Chunk]
    parent_of: Int[np.ndarray, " children"]

    def parents_of(self, ranked: Iterable[int]) -> Iterator[Chunk]:
        """The parents of ranked children, best first, each of them once."""
        for number in dict.fromkeys(int(self.parent_of[child]) for child in ranked):
            yield self.parents[number]


def small_to_big(documents: Mapping[str, str], *, size: int = 1200, small: int = 200) -> Families:
    """`structure_chunks` of `size`, and in each the packed sentences of `small` to find it by.

    Args:
        documents: Markdown text by name.
        size: most characters of a parent, which the reader gets.
        small: most characters of a child, which is searched for.

    Returns:
        Children and parents, and the parent of each child.
    """
    parents = structure_chunks(documents, size=size)
    children, parent_of = [], []
    for number, parent in enumerate(parents):
        pieces = [
            (block.start + start, block.start + end)
            for block in blocks(parent.text)
            for start, end in sentence_places(parent.text[block.start : block.end])
        ]
        for start, end in pack(_cut(parent.text, pieces, small), small):
            at = parent.start + start
            children.append(Chunk(parent.document, at, at + end - start, parent.text[start:end]))
            parent_of.append(number)
    return Families(children, parents, np.array(parent_of, np.int32))


def _chunks(documents: Mapping[str, str], places: Callable[[str], list[Place]]) -> list[Chunk]:
    return [
        Chunk(name, start, end, text[start:end])
        for name, text in documents.items()
        for start, end in places(text)
    ]


def _cut(text: str, pieces: Iterable[Place], size: int) -> list[Place]:
    """The pieces, with those longer than `size` cut at white space."""
    if size < 1:
        raise ValueError(f"size: wanted 1 character or more, got {size}")
    cut: list[Place] = []
    for start, end in pieces:
        if end - start <= size:
            cut.append((start, end))
        else:
            windows = fixed_chunks({"": text[start:end]}, size=size, overlap=0)
            cut += [(start + window.start, start + window.end) for window in windows]
    return cut


def _structure(text: str, size: int) -> Iterator[Place]:
    """Blocks, or the sentences of a long paragraph; a heading together with what follows it."""
    heading = None
    for block in blocks(text):
        start = block.start if heading is None else heading
        heading = start if block.kind == "heading" and block.end < len(text) else None
        if heading is not None:
            continue
        pieces = [(start, block.start)] if start < block.start else []
        if block.kind == "text" and block.end - start > size:
            sentences = sentence_places(text[block.start : block.end])
            pieces += [(block.start + a, block.start + b) for a, b in sentences]
        else:
            pieces.append((block.start, block.end))
        yield from pack(_cut(text, pieces, size), size)


def _shifted(
    row: list[Place], shifts: Float[np.ndarray, " gaps"], size: int, percentile: float
) -> list[Place]:
    """Runs of sentences between the large shifts, none of them longer than `size`."""
    large = shifts > np.percentile(shifts, percentile) if len(shifts) else shifts > 0
    edges = [0, *(np.flatnonzero(large) + 1).tolist(), len(row)]
    todo, done = [(a, b) for a, b in pairwise(edges) if a < b][::-1], []
    while todo:
        first, after = todo.pop()
        if row[after - 1][1] - row[first][0] <= size:
            done.append((row[first][0], row[after - 1][1]))
        else:
            middle = first + 1 + int(np.argmax(shifts[first : after - 1]))
            todo += [(middle, after), (first, middle)]
    return done
