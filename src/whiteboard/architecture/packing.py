"""Packing: several documents in one row of a batch, and none of them sees another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int


class Example(NamedTuple):
    """One document to train on: its tokens, and which of them are to be learnt."""

    tokens: Sequence[int]
    counted: Sequence[bool]


# --8<-- [start:pack]
class Packed(NamedTuple):
    """Rows of documents, one after the other, and padding at the end of each row."""

    tokens: Int[np.ndarray, "rows time"]
    documents: Int[np.ndarray, "rows time"]  # 1, 2, ... along a row; 0 is padding
    counted: Bool[np.ndarray, "rows time"]


def pack(examples: Sequence[Example], time: int, *, pad_id: int = 0) -> Packed:
    """Put whole documents into rows of `time` tokens, by best fit decreasing.

    The longest goes first, each into the row with the least space that still holds it. The first
    token of a document never counts: what stands before it is of another document.

    Args:
        examples: the documents; none is cut.
        time: tokens of a row (T).
        pad_id: the token that fills a row up; it never counts.

    Returns:
        The rows, with each token's document (from 1; 0 is padding) and whether its loss counts.

    Raises:
        ValueError: a document is empty, is longer than a row, or has a mark too few.

    Source: Ding et al., arXiv 2404.10830, section 3.1, without its cutting of long documents.
    """
    _require_fitting(examples, time)
    rows: list[list[Example]] = []
    space: list[int] = []
    for example in sorted(examples, key=lambda e: -len(e.tokens)):
        fitting = [i for i, free in enumerate(space) if free >= len(example.tokens)]
        row = min(fitting, key=lambda i: space[i], default=len(rows))
        if row == len(rows):
            rows.append([])
            space.append(time)
        rows[row].append(example)
        space[row] -= len(example.tokens)
    shape = len(rows), time
    packed = Packed(
        np.full(shape, pad_id, np.int32), np.zeros(shape, np.int32), np.zeros(shape, bool)
    )
    for r, row_examples in enumerate(rows):
        start = 0
        for number, (tokens, counted) in enumerate(row_examples, 1):
            place = np.s_[r, start : start + len(tokens)]
            packed.tokens[place], packed.documents[place] = tokens, number
            packed.counted[place] = [False, *counted[1:]]
            start += len(tokens)
    return packed


# --8<-- [end:pack]


# --8<-- [start:mask]
def document_mask(documents: Int[Array, "batch time"]) -> Bool[Array, "batch time time"]:
    """Which tokens a token may look at: those of its own document that are not after it.

    Padding looks at padding, so that no row of the softmax is empty.

    Args:
        documents: the number of each token's document, as `pack` writes them.
    """
    same = documents[:, :, None] == documents[:, None, :]
    return same & jnp.tril(jnp.ones(same.shape[1:], bool))[None]


# --8<-- [end:mask]


def positions_in_documents(documents: Int[Array, "batch time"]) -> Int[Array, "batch time"]:
    """Each token's place in its own document, from 0.

    RoPE sees distances alone, so under a document mask it needs no such restart. Learned
    positions do, and so do kernels that read the boundaries off the positions.
    """
    index = jnp.arange(documents.shape[1])[None, :]
    starts = jnp.diff(documents, axis=1, prepend=-1) != 0
    return index - jnp.maximum.accumulate(jnp.where(starts, index, 0), axis=1)


def _require_fitting(examples: Sequence[Example], time: int) -> None:
    for number, (tokens, counted) in enumerate(examples):
        if not 0 < len(tokens) <= time:
            raise ValueError(
                f"document {number} has {len(tokens)} tokens, wanted 1 to {time}: split it, or "
                "ask for longer rows"
            )
        if len(counted) != len(tokens):
            raise ValueError(f"document {number}: {len(tokens)} tokens, {len(counted)} marks")
