"""Several texts in one row: batches with hardly any padding, in few different shapes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from whiteboard.architecture.padded_rows import at_least

# Each pair of a row's length and a number of rows is compiled once. A batch holds 1,024 tokens:
# of twice as many, what a layer hands to the next no longer fits a processor's cache (6% slower).
SHORT = (16, 32, 64)
LENGTHS = (128, 256, 512)
ROWS = (1, 2, 4, 8)
TOKENS = 1024


@dataclass(frozen=True)
class Packed:
    """A batch of rows, each of texts one after the other.

    Attributes:
        ids: token ids; 0 where nothing stands.
        owners: which of its row's texts a token belongs to, from 0; -1 where nothing stands.
        positions: a token's place in its own text, from 0.
        texts: the texts' numbers, and under `at` where each of them stands: its row, and its owner.
    """

    ids: Int[np.ndarray, "rows time"]
    owners: Int[np.ndarray, "rows time"]
    positions: Int[np.ndarray, "rows time"]
    texts: list[int]
    at: tuple[list[int], list[int]]


def slots(time: int) -> int:
    """How many texts a row of that length has room for: one for each eight tokens."""
    return time // 8


def pack(texts: Sequence[Sequence[int]]) -> Iterator[Packed]:
    """Token ids of texts as batches, each text whole and in one row, longest first.

    A row is 128 tokens long, or as long as its longest text needs; few tokens share a shorter one.

    Raises:
        ValueError: when a text is empty or longer than 512 tokens.
    """
    for number, text in enumerate(texts):
        if not 1 <= len(text) <= LENGTHS[-1]:
            raise ValueError(f"text {number}: wanted 1 to {LENGTHS[-1]} tokens, got {len(text)}")
    total = sum(map(len, texts))
    least = at_least(total, SHORT) if total <= SHORT[-1] else LENGTHS[0]
    for time, rows in _rows([len(text) for text in texts], least).items():
        most = TOKENS // time
        for start in range(0, len(rows), most):
            chunk = rows[start : start + most]
            yield _batch(texts, chunk, (at_least(len(chunk), ROWS), time))


def _rows(lengths: Sequence[int], least: int) -> dict[int, list[list[int]]]:
    """The texts' numbers in rows, by the rows' length: best fit, longest text first."""
    rows: dict[int, list[list[int]]] = defaultdict(list)
    # Rows with room left, by how much, each with the number of texts that it holds at most.
    room: dict[int, list[tuple[list[int], int]]] = defaultdict(list)
    for number in np.argsort(lengths, kind="stable")[::-1].tolist():
        size = lengths[number]
        free = min((left for left, there in room.items() if there and left >= size), default=0)
        if free:
            row, most = room[free].pop()
        else:
            free = at_least(size, (least, *LENGTHS))
            row, most = [], slots(free)
            rows[free].append(row)
        row.append(number)
        if len(row) < most:
            room[free - size].append((row, most))
    return rows


def _batch(
    texts: Sequence[Sequence[int]], rows: Sequence[Sequence[int]], shape: tuple[int, int]
) -> Packed:
    ids, owners, positions = (np.full(shape, fill, np.int32) for fill in (0, -1, 0))
    places = [(text, row, slot) for row, row_texts in enumerate(rows)
              for slot, text in enumerate(row_texts)]  # fmt: skip
    starts = [0] * len(rows)
    for text, row, slot in places:
        here = slice(starts[row], starts[row] + len(texts[text]))
        ids[row, here], owners[row, here] = texts[text], slot
        positions[row, here] = np.arange(len(texts[text]))
        starts[row] = here.stop
    numbers, at_row, at_slot = (list(column) for column in zip(*places, strict=True))
    return Packed(ids, owners, positions, numbers, (at_row, at_slot))
