"""The steps of a cross-encoder's training: their batches, and the weights that they change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from flax import nnx
from jaxtyping import Bool, Int
from tokenizers import Tokenizer

from whiteboard.retrieval.cross_encoder import Groups, pair_rows
from whiteboard.retrieval.reranker_training import Example


def batches(
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    *,
    groups: int,
    negatives: int,
    length: int,
    hard: int,
    seed: int = 0,
) -> Iterator[Groups]:
    """`groups` examples a step in the order given, each with some of its negatives drawn anew.

    `hard` of the negatives are hard ones, the others easy, as far as there are any. All steps have
    one shape, compiled once; examples that do not fill a last step are left out.

    Args:
        tokenizer: of the cross-encoder.
        examples: in the order of training.
        groups: examples a step.
        negatives: negatives of each example.
        length: tokens of a pair.
        hard: how many of the negatives are hard ones.
        seed: of the negatives drawn.

    Yields:
        One batch a step.
    """
    draw = np.random.default_rng(seed)
    for at in range(0, len(examples) - groups + 1, groups):
        pairs: list[tuple[str, str]] = []
        absent = np.zeros((groups, 1 + negatives), bool)
        for row, (query, positive, *others) in enumerate(examples[at : at + groups]):
            drawn = [
                some[n]
                for some, most in zip(others, (hard, negatives - hard), strict=True)
                if most
                for n in draw.permutation(len(some))[:most]
            ]
            absent[row, 1 + len(drawn) :] = True
            filled = [positive, *drawn, *[""] * (negatives - len(drawn))]
            pairs += [(query, document) for document in filled]
        yield _padded(pair_rows(tokenizer, pairs, length), absent, length)


def trained_weights(path: tuple[Any, ...], value: Any) -> bool:
    """The head and the layers: what `fit` moves. The embeddings, half of all weights, stay.

    Args:
        path: names from the model down to a variable.
        value: the variable.

    Returns:
        True when it is trained.
    """
    return isinstance(value, nnx.Param) and (path[0] == "head" or path[1] == "layers")


def _padded(
    rows: list[Int[np.ndarray, "2 _"]], absent: Bool[np.ndarray, "groups documents"], length: int
) -> Groups:
    ids = np.zeros((len(rows), length), np.int32)
    for row, (tokens, _) in zip(ids, rows, strict=True):
        row[: len(tokens)] = tokens
    sizes = np.array([row.shape[1] for row in rows], np.int32)
    return Groups(ids, sizes, np.array([np.argmax(row[1]) for row in rows], np.int32), absent)
