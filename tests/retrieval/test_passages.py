"""Chunks hold every character at its place."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.data import python_topics
from whiteboard.retrieval.passages import fixed_chunks


@settings(max_examples=40, deadline=None)
@given(st.text("ab \n", max_size=97), st.integers(2, 23), st.data())
def test_chunks_hold_every_character_at_its_place(text, size, data):
    overlap = data.draw(st.integers(0, (size - 1) // 2))
    chunks = fixed_chunks({"doc": text}, size=size, overlap=overlap)
    held = set()
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert 0 < len(chunk.text) <= size
        held |= set(range(chunk.start, chunk.end))
    assert held == set(range(len(text)))
    starts = [chunk.start for chunk in chunks]
    assert starts == sorted(set(starts))
    for before, after in pairwise(chunks):
        assert before.end - overlap <= after.start <= before.end


def test_chunks_break_at_spaces_and_overlap():
    chunks = fixed_chunks({"doc": "one two three four five six"}, size=12, overlap=4)
    assert [c.text for c in chunks] == ["one two ", "two three ", "four five ", "six"]


def test_topics_in_chunks():
    chunks = fixed_chunks(python_topics())
    assert len(chunks) > 800
    assert max(len(c.text) for c in chunks) == 600
    assert all(python_topics()[c.document][c.start : c.end] == c.text for c in chunks)


@pytest.mark.parametrize("overlap", [-1, 5, 10])
def test_an_overlap_that_does_not_fit(overlap):
    with pytest.raises(ValueError, match="overlap: wanted 0 to less than 5"):
        fixed_chunks({"doc": "text"}, size=10, overlap=overlap)
