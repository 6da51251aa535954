"""Rows of token ids as arrays: padded at the end, to a few lengths.

Every new shape of an array costs a compilation; a padded one costs a little arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int

# A batch holds about 2,048 tokens: more of them at 256 tokens each spill the attention scores out
# of the processor's cache.
LENGTHS = (16, 32, 48, 64, 96, 128, 192, 256, 512)
BATCHES = (1, 4, 8, 16, 32)
TOKENS = 2048


def bucket(length: int, limit: int) -> int:
    """The padded length of one call's rows: 64, 128, 256, 512, then multiples of 256.

    Args:
        length: of the longest row.
        limit: the most that there is room for.

    Returns:
        The bucket, or `limit` where that is less.
    """
    size = 64
    while size < min(length, 512):
        size *= 2
    if length > 512:
        size = -(-length // 256) * 256
    return min(size, limit)


def pad_rows(
    rows: Sequence[Sequence[int]], time: int, *, batch: int | None = None
) -> tuple[Int[np.ndarray, "batch time"], Int[np.ndarray, " batch"]]:
    """The rows in one array, with zeros behind each.

    Args:
        rows: token ids.
        time: the padded length.
        batch: rows of the array; those behind the given ones only fill it. As many by default.

    Returns:
        The ids, and how many of each row are real. A row that only fills has one, so that a mean of
        it exists.

    Raises:
        ValueError: there are more rows, or more ids in one, than there is room for.
    """
    count = len(rows) if batch is None else batch
    longest = max(map(len, rows), default=0)
    if len(rows) > count or longest > time:
        raise ValueError(
            f"wanted at most {count} rows of at most {time} tokens, got {len(rows)} of at most "
            f"{longest}: pad to more"
        )
    tokens, lengths = np.zeros((count, time), np.int32), np.ones(count, np.int32)
    for number, row in enumerate(rows):
        tokens[number, : len(row)], lengths[number] = row, len(row)
    return tokens, lengths


def padded_batches(
    rows: Sequence[Sequence[int]],
) -> Iterator[
    tuple[Int[np.ndarray, " rows"], Int[np.ndarray, "batch time"], Int[np.ndarray, " batch"]]
]:
    """Many rows in batches of like length, longest first: each one of `LENGTHS` and of `BATCHES`.

    Past the longest of `LENGTHS` a length is a multiple of 256.

    Args:
        rows: token ids.

    Yields:
        The numbers of a batch's rows, and what `pad_rows` makes of them.
    """
    order = np.argsort([len(row) for row in rows], kind="stable")[::-1]
    while len(order):
        longest = len(rows[order[0]])
        time = at_least(longest, LENGTHS) if longest <= LENGTHS[-1] else -(-longest // 256) * 256
        most = max((size for size in BATCHES if size * time <= TOKENS), default=1)
        numbers, order = np.split(order, [most])
        batch = at_least(len(numbers), BATCHES)
        yield (numbers, *pad_rows([rows[number] for number in numbers], time, batch=batch))


def at_least(size: int, sizes: Sequence[int]) -> int:
    """The first of the sizes that is no smaller.

    Args:
        size: 1 or more, at most the last of the sizes.
        sizes: in their order.

    Returns:
        One of them.
    """
    return next(candidate for candidate in sizes if candidate >= size)
