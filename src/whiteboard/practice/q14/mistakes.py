"""Chunking as it is got wrong: each function runs, and returns plausible chunks or figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from jax import Array

from whiteboard.data import Span
from whiteboard.evaluation.intervals import bootstrap_interval
from whiteboard.practice.core import Variant
from whiteboard.practice.q14 import checks
from whiteboard.retrieval.chunking import pack, structure_chunks
from whiteboard.retrieval.coverage import coverage
from whiteboard.retrieval.passages import Chunk, fixed_chunks
from whiteboard.retrieval.structure import blocks

Documents = Mapping[str, str]


def tail_dropped(documents: Documents, *, size: int = 600, overlap: int = 100) -> list[Chunk]:
    """The end of every document is never found; a short document is not there at all."""
    return [
        Chunk(name, start, start + size, text[start : start + size])
        for name, text in documents.items()
        for start in range(0, len(text) - size + 1, size - overlap)
    ]


def places_found_by_search(
    documents: Documents, *, size: int = 600, overlap: int = 100
) -> list[Chunk]:
    """A citation points to the first place with the same words, in another section."""
    chunks = []
    for chunk in fixed_chunks(documents, size=size, overlap=overlap):
        start = documents[chunk.document].find(chunk.text)
        chunks.append(Chunk(chunk.document, start, start + len(chunk.text), chunk.text))
    return chunks


def stripped(documents: Documents, *, size: int = 600, overlap: int = 100) -> list[Chunk]:
    """Texts and places disagree: highlights are off by the white space."""
    chunks = fixed_chunks(documents, size=size, overlap=overlap)
    return [Chunk(c.document, c.start, c.end, c.text.strip()) for c in chunks]


def text_repeated(documents: Documents, *, size: int = 600, overlap: int = 100) -> list[Chunk]:
    """The index is larger than planned, and one passage comes up two or three times."""
    chunks = []
    for chunk in fixed_chunks(documents, size=size, overlap=overlap):
        text = documents[chunk.document]
        start, end = max(0, chunk.start - overlap), min(len(text), chunk.end + overlap)
        chunks.append(Chunk(chunk.document, start, end, text[start:end]))
    return chunks


def _placed(documents: Documents, places: Callable[[str], list[tuple[int, int]]]) -> list[Chunk]:
    return [
        Chunk(name, start, end, text[start:end])
        for name, text in documents.items()
        for start, end in places(text)
    ]


def code_blocks_cut(documents: Documents, *, size: int = 600) -> list[Chunk]:
    """Half of an example is retrieved: a class without its methods."""

    def paragraphs(text: str) -> list[tuple[int, int]]:
        ends = [match.end() for match in re.finditer(r"\n\s*\n", text)]
        edges = [0, *(end for end in ends if end < len(text)), len(text)]
        return pack([(a, b) for a, b in pairwise(edges) if a < b], size)

    return _placed(documents, paragraphs)


def headings_left_behind(documents: Documents, *, size: int = 600) -> list[Chunk]:
    """Passages end in a heading, and the text under it does not say what it is about."""
    return _placed(documents, lambda text: pack([(b.start, b.end) for b in blocks(text)], size))


def blank_lines_lost(documents: Documents, *, size: int = 600) -> list[Chunk]:
    """The chunks joined are not the document: places behind the first one are off."""
    chunks = structure_chunks(documents, size=size)
    texts = [chunk.text.rstrip() for chunk in chunks]
    return [
        Chunk(c.document, c.start, c.start + len(text), text)
        for c, text in zip(chunks, texts, strict=True)
    ]


def overlap_counted_twice(
    answers: Sequence[Sequence[Span]], passages: Sequence[Chunk]
) -> tuple[float, float]:
    """Recall rises with the overlap, and beyond 1."""
    each = [coverage(answers, [passage])[0] for passage in passages]
    return sum(each), coverage(answers, passages)[1]


def whole_documents_count(
    answers: Sequence[Sequence[Span]], passages: Sequence[Chunk]
) -> tuple[float, float]:
    """Recall is near 1 whatever is retrieved: the label was the name of the document."""
    found = {passage.document for passage in passages}
    hits = [any(place.document in found for place in row) for row in answers]
    return sum(hits) / len(hits), coverage(answers, passages)[1]


def repeats_are_free(
    answers: Sequence[Sequence[Span]], passages: Sequence[Chunk]
) -> tuple[float, float]:
    """Overlap seems to cost nothing, and the prompt is longer than the report says."""
    return coverage(answers, list(dict.fromkeys(passages)))


def highest_mean_wins(values: Mapping[str, Array]) -> set[str]:
    """Next month's queries make another strategy the winner."""
    return {max(values, key=lambda name: float(values[name].mean()))}


def semantic_always_wins(values: Mapping[str, Array]) -> set[str]:
    """The choice was made before the measurement, and costs an encoding of every sentence."""
    return {"semantic"} & {*values} or {*values}


def intervals_overlap(values: Mapping[str, Array]) -> set[str]:
    """A strategy that loses on the same queries again and again passes as equal."""
    ends = {name: bootstrap_interval(row) for name, row in values.items()}
    best = max(values, key=lambda name: float(np.mean(values[name])))
    return {name for name, (_, high) in ends.items() if high >= ends[best][0]}


MISTAKES = (
    # Of `fixed_chunks`.
    Variant.of(tail_dropped, caught_by=[checks.every_character_is_held]),
    Variant.of(
        places_found_by_search,
        caught_by=[checks.every_character_is_held, checks.no_more_is_repeated_than_the_overlap],
    ),
    Variant.of(stripped, caught_by=[checks.each_text_stands_at_its_place]),
    Variant.of(
        text_repeated,
        caught_by=[
            checks.no_more_is_repeated_than_the_overlap,
            checks.none_is_longer_than_the_size,
        ],
    ),
    # Of `structure_chunks`.
    Variant.of(code_blocks_cut, caught_by=[checks.code_stays_in_one_piece]),
    Variant.of(headings_left_behind, caught_by=[checks.a_heading_stays_with_its_text]),
    Variant.of(blank_lines_lost, caught_by=[checks.nothing_is_lost_or_repeated]),
    # Of `coverage`.
    Variant.of(
        overlap_counted_twice,
        caught_by=[checks.follows_the_definition, checks.what_stands_in_two_passages_is_found_once],
    ),
    Variant.of(
        whole_documents_count,
        caught_by=[checks.follows_the_definition, checks.another_part_of_the_document_is_no_answer],
    ),
    Variant.of(
        repeats_are_free,
        caught_by=[checks.follows_the_definition, checks.what_is_handed_over_twice_is_paid_twice],
    ),
    # Of `not_beaten`.
    Variant.of(
        semantic_always_wins,
        caught_by=[
            checks.the_best_mean_is_among_them,
            checks.what_is_close_to_the_best_is_among_them,
            checks.a_clear_loser_is_not,
            checks.a_small_and_steady_difference_counts,
        ],
    ),
    Variant.of(highest_mean_wins, caught_by=[checks.what_is_close_to_the_best_is_among_them]),
    Variant.of(intervals_overlap, caught_by=[checks.a_small_and_steady_difference_counts]),
)
