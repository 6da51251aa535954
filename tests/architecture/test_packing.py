"""Packing: by hand, against trl's, any documents come back, and who sees whom."""

from itertools import pairwise
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.architecture.packing import Example, document_mask, pack, positions_in_documents

REFERENCES = Path(__file__).parents[1] / "references"


def all_counted(*documents):
    return [Example(tokens, [True] * len(tokens)) for tokens in documents]


def test_by_hand():
    """The longest first; a document of two goes where two are free, not where three are."""
    packed = pack(all_counted([1, 2], [3, 4, 5], [6, 7]), 5, pad_id=9)
    np.testing.assert_array_equal(packed.tokens, [[3, 4, 5, 1, 2], [6, 7, 9, 9, 9]])
    np.testing.assert_array_equal(packed.documents, [[1, 1, 1, 2, 2], [1, 1, 0, 0, 0]])
    np.testing.assert_array_equal(packed.counted, [[0, 1, 1, 0, 1], [0, 1, 0, 0, 0]])
    np.testing.assert_array_equal(
        positions_in_documents(jnp.asarray(packed.documents)), [[0, 1, 2, 0, 1], [0, 1, 0, 1, 2]]
    )


def test_the_mask_by_hand():
    (mask,) = document_mask(jnp.array([[1, 1, 2, 2, 0]]))
    want = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]]
    np.testing.assert_array_equal(mask, want)


def test_one_document_has_the_causal_mask():
    mask = document_mask(jnp.ones((2, 7), jnp.int32))
    np.testing.assert_array_equal(mask, np.tril(np.ones((2, 7, 7), bool)))


def test_rows_are_those_of_trl():
    """Same documents in the same rows, from the same lengths."""
    with np.load(REFERENCES / "packed_loss.npz") as stored:
        rows = list(zip(stored["documents_in_row"].tolist(), stored["row_lengths"].tolist()))
        tokens, positions = stored["tokens"], stored["positions"]
    starts = np.append(np.flatnonzero(positions == 0), len(tokens))
    documents = [tokens[a:b].tolist() for a, b in pairwise(starts)]
    shuffled = [documents[i] for i in np.random.default_rng(1).permutation(len(documents))]
    packed = pack(all_counted(*shuffled), 16)
    got = [(int(d.max()), int((d > 0).sum())) for d in packed.documents]
    assert got == rows
    in_rows = np.split(np.arange(len(documents)), np.cumsum([n for n, _ in rows])[:-1])
    for row, members in zip(packed.tokens, in_rows):
        want = [token for i in members for token in documents[i]]
        assert row[: len(want)].tolist() == want
    got = positions_in_documents(jnp.asarray(packed.documents))
    np.testing.assert_array_equal(got[packed.documents > 0], positions)


@given(st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=11), min_size=1, max_size=13))
def test_any_documents_come_back(documents):
    examples = [Example(d, [t % 2 == 0 for t in d]) for d in documents]
    packed = pack(examples, 11)
    found = [
        (tokens[own].tolist(), counted[own].tolist())
        for tokens, numbers, counted in zip(*packed)
        for own in (numbers == n for n in range(1, numbers.max() + 1))
    ]
    assert sorted(found) == sorted((t, [False, *c[1:]]) for t, c in examples)
    lengths = [len(d) for d in documents]
    assert len(packed.tokens) >= sum(lengths) / 11
    # Best fit is never worse than twice the least possible: no two rows could be merged.
    filled = (packed.documents > 0).sum(axis=1)
    assert all(a + b > 11 for i, a in enumerate(filled) for b in filled[i + 1 :])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Example([1] * 6, [True] * 6), "document 1 has 6 tokens, wanted 1 to 5"),
        (Example([], []), "document 1 has 0 tokens"),
        (Example([1, 2], [True]), "document 1: 2 tokens, 1 marks"),
    ],
)
def test_what_does_not_fit_is_refused(document, message):
    with pytest.raises(ValueError, match=message):
        pack([*all_counted([1, 2]), document], 5)
