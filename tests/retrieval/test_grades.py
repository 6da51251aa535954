"""Graded labels: they agree with the labels by half a span, and a whole span has the best."""

import numpy as np

from whiteboard.data import Query, Span, python_queries, python_topics
from whiteboard.retrieval.grades import graded_answers
from whiteboard.retrieval.labels import answers
from whiteboard.retrieval.passages import Chunk, fixed_chunks


def test_graded_chunks_are_the_labelled_ones():
    queries, chunks = python_queries()[::9], fixed_chunks(python_topics())
    grades = graded_answers(queries, chunks, python_topics())
    labelled = answers(queries, chunks, python_topics()).any(axis=1)
    np.testing.assert_array_equal(grades > 0, labelled)
    assert {-1, 1, 2} == {int(g) for g in np.unique(grades)}
    for row, query in enumerate(queries):
        for column in np.flatnonzero(grades[row] == 2):
            held = " ".join(chunks[column].text.split())
            assert any(" ".join(span.text.split()) in held for span in query.spans)


def test_by_hand():
    document = {"a": "0123456789"}
    query = Query("identifier", "held-out", "q", (Span("a", 2, 8, "234567"),))
    spans = ((0, 4), (0, 5), (2, 8), (1, 9), (7, 10))
    chunks = [Chunk("a", start, end, document["a"][start:end]) for start, end in spans]
    assert graded_answers([query], chunks, document).tolist() == [[-1, 1, 2, 2, -1]]
