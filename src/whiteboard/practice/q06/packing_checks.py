"""The checks of packing documents into rows, and of the mask between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.packing import Example, Packed, document_mask, pack
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect

Function = Callable[..., Any]
END = 9  # ends every document, and fills rows up


def _examples(seed: int = 0) -> list[Example]:
    """Eight documents of 31 tokens: four rows of eight hold them."""
    draw = np.random.default_rng(seed)
    found = []
    for length in (5, 3, 7, 2, 4, 6, 1, 3):
        tokens = [*draw.integers(10, 90, length - 1).tolist(), END]
        found.append(Example(tokens, [True] * length))
    return found


def _documents(packed: Packed) -> list[tuple[list[int], list[bool]]]:
    """Tokens and marks of each document in the rows."""
    return [
        (tokens[own].tolist(), counted[own].tolist())
        for tokens, documents, counted in zip(*(np.asarray(part) for part in packed))
        for own in (documents == n for n in range(1, documents.max() + 1))
    ]


# Checks of `pack`.


def documents_are_kept_whole(pack: Function) -> None:
    """Every document stands in one row, whole and once."""
    got = sorted(tokens for tokens, _ in _documents(pack(_examples(), 8, pad_id=END)))
    want = sorted(list(e.tokens) for e in _examples())
    expect(len(got) == len(want), f"wanted {len(want)} documents, got {len(got)}")
    lost = next((w for w, g in zip(want, got) if w != g), None)
    expect(lost is None, f"this document is not in one row: {lost}")


def marks_are_kept(pack: Function) -> None:
    """Behind a document's first token, each token keeps its mark, also where it equals padding."""
    for tokens, counted in _documents(pack(_examples(), 8, pad_id=END)):
        lost = [t for t, c in zip(tokens[1:], counted[1:]) if not c]
        expect(not lost, f"of {len(tokens)} tokens to learn, {lost} lost their marks")


def first_tokens_do_not_count(pack: Function) -> None:
    """Neither a document's first token nor padding is learnt."""
    packed = pack(_examples(), 8, pad_id=END)
    learnt = [tokens for tokens, counted in _documents(packed) if counted[0]]
    expect(not learnt, f"the first token of {learnt[:1]} counts")
    padding = np.asarray(packed.counted)[np.asarray(packed.documents) == 0]
    expect(not padding.any(), f"{padding.sum()} tokens of padding count")


def rows_are_few(pack: Function) -> None:
    """Documents of 31 tokens fit into four rows of eight."""
    rows = len(pack(_examples(), 8, pad_id=END).tokens)
    expect(rows <= 4, f"31 tokens in rows of 8: wanted 4 rows, got {rows}")


def long_documents_are_refused(pack: Function) -> None:
    """A document that is longer than a row is a ValueError, not a shorter document."""
    try:
        pack(_examples(), 6, pad_id=END)
    except ValueError:
        return
    expect(False, "7 tokens in rows of 6: wanted a ValueError, got an answer")


# Checks of `document_mask`.

DOCUMENTS = np.array([[1, 1, 1, 2, 2, 3, 0], [1, 2, 2, 2, 2, 0, 0]])


def _mask(document_mask: Function) -> np.ndarray:
    return np.asarray(document_mask(jnp.asarray(DOCUMENTS)), bool)


def _first(wrong: np.ndarray) -> str:
    """The first pair of tokens that is wrong, each with its document."""
    row, token, seen = np.argwhere(wrong)[0] if wrong.any() else (0, 0, 0)
    one, other = DOCUMENTS[row, token], DOCUMENTS[row, seen]
    return f"token {token} (document {one}) and token {seen} (document {other})"


def no_document_sees_another(document_mask: Function) -> None:
    """No token looks at a token of another document."""
    other = _mask(document_mask) & (DOCUMENTS[:, :, None] != DOCUMENTS[:, None, :])
    expect(not other.any(), f"{_first(other)} meet")


def no_token_sees_the_future(document_mask: Function) -> None:
    """No token looks at a later one."""
    later = np.triu(_mask(document_mask), 1)
    expect(not later.any(), f"{_first(later)}: a look ahead")


def a_token_sees_its_document_so_far(document_mask: Function) -> None:
    """Each token looks at itself and at all earlier ones of its document."""
    same = np.tril(DOCUMENTS[:, :, None] == DOCUMENTS[:, None, :])
    hidden = same & ~_mask(document_mask) & (DOCUMENTS[:, :, None] > 0)
    expect(not hidden.any(), f"{_first(hidden)} do not meet")


EXERCISES = (
    Exercise.of(
        pack,
        checks=(
            documents_are_kept_whole,
            marks_are_kept,
            first_tokens_do_not_count,
            rows_are_few,
            long_documents_are_refused,
        ),
        probe=lambda f: [[np.asarray(x) for x in f(_examples(s), 8, pad_id=END)] for s in (1, 2)],
    ),
    Exercise.of(
        document_mask,
        checks=(
            no_document_sees_another,
            no_token_sees_the_future,
            a_token_sees_its_document_so_far,
        ),
        probe=_mask,
    ),
)
