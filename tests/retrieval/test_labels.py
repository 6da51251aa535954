"""The labelled queries: every answer stands where it says, and some chunk holds it."""

import numpy as np
import pytest

from whiteboard.data import PythonQuery, python_queries, python_topics
from whiteboard.retrieval.chunk import Chunk, fixed_chunks
from whiteboard.retrieval.labels import answer_spans, answers


def test_every_label_stands_where_it_says():
    queries, topics = python_queries(), python_topics()
    assert sorted({q.kind for q in queries}) == ["identifier", "paraphrase"]
    assert min(sum(q.kind == kind for q in queries) for kind in ("identifier", "paraphrase")) >= 30
    assert len({q.text for q in queries}) == len(queries)
    for query in queries:
        assert topics[query.topic][query.start : query.end] == query.answer
        spans = answer_spans(query.answer, topics)
        assert (query.topic, query.start, query.end) in spans


def test_every_query_has_a_chunk_that_answers_and_few_of_them():
    chunks = fixed_chunks(python_topics())
    relevant = answers(python_queries(), chunks, python_topics())
    assert relevant.sum(1).min() >= 1
    assert relevant.sum(1).max() <= 12
    for row, query in enumerate(python_queries()):
        words = query.answer.split()
        for column in np.flatnonzero(relevant[row]):
            held = " ".join(chunks[column].text.split())
            assert sum(word in held for word in words) >= 0.4 * len(words)


def query(answer: str) -> PythonQuery:
    return PythonQuery("identifier", "q", "a", 0, 1, answer)


def test_the_same_words_elsewhere_answer_too_and_half_is_enough():
    documents = {"a": "x one two three four", "b": "one\n  two three\tfour y", "c": "one two"}
    assert [name for name, _, _ in answer_spans("one two three four", documents)] == ["a", "b"]
    chunks = [
        Chunk("a", 0, 12, documents["a"][:12]),  # 10 of 18 characters
        Chunk("a", 12, 20, documents["a"][12:]),  # 8
        Chunk("b", 0, 22, documents["b"]),
        Chunk("c", 0, 7, documents["c"]),
    ]
    found = answers([query("one two three four")], chunks, documents)
    assert found.tolist() == [[True, False, True, False]]
    with pytest.raises(ValueError, match="no chunk holds half of the answer to 'q'"):
        answers([query("one two three four")], chunks[1:2], documents)
