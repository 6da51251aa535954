"""Rows padded to few lengths: nothing is lost, and shapes are among a few."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.padded_rows import (
    BATCHES,
    LENGTHS,
    TOKENS,
    at_least,
    bucket,
    pad_rows,
    padded_batches,
)


def test_two_rows_by_hand():
    tokens, lengths = pad_rows([[5, 6, 7], [8]], 4, batch=3)
    assert tokens.tolist() == [[5, 6, 7, 0], [8, 0, 0, 0], [0, 0, 0, 0]]
    assert lengths.tolist() == [3, 1, 1]  # a row that only fills has one token
    assert (tokens.dtype, lengths.dtype) == (np.int32, np.int32)


def test_without_a_batch_there_are_as_many_rows_as_are_given():
    tokens, lengths = pad_rows([[1], [2, 3]], 2)
    assert tokens.tolist() == [[1, 0], [2, 3]]
    assert lengths.tolist() == [1, 2]


@pytest.mark.parametrize(("time", "batch", "got"), [(2, 2, "of at most 3"), (3, 1, "got 2 of")])
def test_what_has_no_room_is_refused(time, batch, got):
    with pytest.raises(ValueError, match=rf"wanted at most {batch} rows of at most {time}.*{got}"):
        pad_rows([[1, 2, 3], [4]], time, batch=batch)


def test_lengths_fall_into_few_buckets():
    lengths = (1, 64, 65, 128, 300, 512, 513, 768, 769, 5000)
    assert [bucket(n, 4096) for n in lengths] == [64, 64, 128, 128, 512, 512, 768, 768, 1024, 4096]
    assert bucket(90, 100) == 100
    assert all(a <= b for a, b in itertools.pairwise(bucket(n, 999) for n in range(1, 999)))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 1100), max_size=40))
def test_batches_hold_every_row_once_in_few_shapes(lengths):
    rows = [[number + 1] * length for number, length in enumerate(lengths)]
    seen, longest = [], np.inf
    for numbers, ids, counts in padded_batches(rows):
        for place, number in enumerate(numbers):
            assert ids[place, : counts[place]].tolist() == rows[number]
            assert not ids[place, counts[place] :].any()
        assert ids.shape[1] in LENGTHS or (ids.shape[1] > 512 and ids.shape[1] % 256 == 0)
        assert len(ids) in BATCHES
        assert ids.size <= TOKENS or len(ids) == 1
        assert ids.shape[1] <= longest
        longest = ids.shape[1]
        seen += numbers.tolist()
    assert sorted(seen) == list(range(len(rows)))


@pytest.mark.parametrize("tokens", [16, 48, 90, 190, 250, 500])
def test_a_batch_is_padded_by_rows_only_where_the_texts_run_out(tokens):
    *full, last = padded_batches([[1] * tokens] * 75)
    assert all(len(rows) == len(ids) for rows, ids, _ in full)
    assert len(last[0]) <= len(last[1])


def test_at_least_is_the_first_that_is_no_smaller():
    assert [at_least(n, (1, 4, 8)) for n in (1, 2, 4, 5, 8)] == [1, 4, 4, 8, 8]
