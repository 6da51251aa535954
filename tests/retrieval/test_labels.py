"""Which chunks answer a query: by its spans, wherever their words stand."""

import numpy as np
import pytest

from whiteboard.data import Query, Span, python_queries, python_topics
from whiteboard.retrieval.labels import answers
from whiteboard.retrieval.passages import Chunk, fixed_chunks


def test_every_query_has_a_chunk_that_answers_and_few_of_them():
    chunks = fixed_chunks(python_topics())
    relevant = np.asarray(answers(python_queries(), chunks, python_topics()))
    assert relevant.shape == (len(python_queries()), 2, len(chunks))
    assert relevant.sum(2).min() >= 1
    assert relevant.sum(2).max() <= 12
    for row, query in enumerate(python_queries()):
        for column, span in enumerate(query.spans):
            words = span.text.split()
            for number in np.flatnonzero(relevant[row, column]):
                held = " ".join(chunks[number].text.split())
                assert sum(word in held for word in words) >= 0.4 * len(words)


def test_no_chunk_answers_both_halves_of_a_two_hop_query():
    chunks = fixed_chunks(python_topics())
    relevant = answers(python_queries("two-hop"), chunks, python_topics())
    assert not relevant.all(1).any()


def query(*answers: str) -> Query:
    spans = tuple(Span("a", 0, 1, answer) for answer in answers)
    return Query("identifier", "held-out", "q", spans)


DOCUMENTS = {"a": "x one two three four", "b": "one\n  two three\tfour y", "c": "one two"}
CHUNKS = [
    Chunk("a", 0, 12, DOCUMENTS["a"][:12]),  # 10 of 18 characters
    Chunk("a", 12, 20, DOCUMENTS["a"][12:]),  # 8
    Chunk("b", 0, 22, DOCUMENTS["b"]),
    Chunk("c", 0, 7, DOCUMENTS["c"]),
]


def test_the_same_words_elsewhere_answer_too_and_half_is_enough():
    found = answers([query("one two three four")], CHUNKS, DOCUMENTS)
    assert found.tolist() == [[[True, False, True, False]]]
    with pytest.raises(ValueError, match="no chunk holds half of the answer to 'q'"):
        answers([query("one two three four")], CHUNKS[1:2], DOCUMENTS)


def test_each_span_has_its_chunks_and_a_single_one_is_there_twice():
    found = answers([query("one two", "four"), query("three")], CHUNKS, DOCUMENTS)
    both, alone = found.tolist()
    assert both == [[True, False, True, True], [False, True, True, False]]
    assert alone[0] == alone[1] == [False, True, True, False]
    assert answers([], CHUNKS, DOCUMENTS).shape == (0, 1, 4)
