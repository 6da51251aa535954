"""The chained questions: labels in place, and no question that gives its second key away."""

import re

from whiteboard.data import python_queries, python_topics
from whiteboard.data.chained_queries import chained_queries


def test_each_span_stands_where_it_says():
    topics = python_topics()
    for query in chained_queries():
        for span in query.spans:
            assert topics[span.document][span.start : span.end] == span.text


def test_the_first_passage_names_the_method_and_the_question_does_not():
    for query in chained_queries():
        first, declaration = (span.text for span in query.spans)
        name = re.search(r"(\w+)\(", declaration)[1]
        assert f"{name}(" in first
        assert name not in query.text
        assert name.strip("_") not in query.text.split()


def test_there_are_as_many_as_said_in_halves_without_a_topic_in_common():
    queries = chained_queries()
    assert len(queries) == 28 == len({query.text for query in queries})
    topics = {
        half: {query.spans[0].document for query in queries if query.split == half}
        for half in ("development", "held-out")
    }
    assert all(topics.values())
    assert not topics["development"] & topics["held-out"]
    assert not {q.text for q in queries} & {q.text for q in python_queries()}
