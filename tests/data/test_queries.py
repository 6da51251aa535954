"""The golden sets: every label in its place, kinds in both halves, no answer in two halves."""

import json
from collections import Counter
from importlib.resources import files

import pytest

from whiteboard.data import KINDS, SPLITS, python_queries, python_topics, site_pages, site_queries
from whiteboard.data.queries import Span, places, read_queries

DOCUMENTS = {"a": "one two  three.\nFour five", "b": "one\n two three"}


def stored(name):
    return json.loads((files("whiteboard.data") / name).read_text("utf8"))


@pytest.mark.parametrize(
    ("name", "queries", "documents"),
    [
        ("python_queries.json", python_queries, python_topics),
        ("site_queries.json", site_queries, site_pages),
    ],
)
def test_each_span_exists_and_equals_its_quoted_answer(name, queries, documents):
    texts = documents()
    for row, query in zip(stored(name), queries(), strict=True):
        assert (row["kind"], row["split"], row["text"]) == (query.kind, query.split, query.text)
        for answer, span in zip(row["answers"], query.spans, strict=True):
            assert texts[span.document][span.start : span.end] == span.text
            assert span.text.split() == answer["quote"].split()
            assert answer.get("start", span.start) == span.start


def test_the_sets_are_as_large_and_as_mixed_as_their_readme_says():
    count = Counter(query.kind for query in python_queries())
    assert count == {"identifier": 40, "paraphrase": 42, "two-hop": 53}
    assert Counter(query.kind for query in site_queries()) == dict(zip(KINDS, (10, 14, 6)))


@pytest.mark.parametrize("queries", [python_queries, site_queries])
def test_each_half_has_its_share_of_each_kind(queries):
    for kind in KINDS:
        development, held_out = (len(queries(kind, split=split)) for split in SPLITS)
        assert 0 <= development - held_out <= 1
    assert sum(len(queries(split=split)) for split in SPLITS) == len(queries())


@pytest.mark.parametrize(
    ("queries", "documents"), [(python_queries, python_topics), (site_queries, site_pages)]
)
def test_no_answer_stands_in_both_halves(queries, documents):
    halves = [
        [place for q in queries(split=split) for s in q.spans for place in places(s.text, texts)]
        for split, texts in ((split, documents()) for split in SPLITS)
    ]
    both = [
        (one.text, other.text)
        for one in halves[0]
        for other in halves[1]
        if one.document == other.document and one.start < other.end and other.start < one.end
    ]
    assert not both


def test_the_two_answers_of_a_query_never_stand_together():
    """No passage of ordinary size holds both: it takes two to answer."""
    for query in python_queries("two-hop"):
        one, other = (list(places(span.text, python_topics())) for span in query.spans)
        for a in one:
            for b in other:
                assert a.document != b.document or abs(a.start - b.start) >= 2000, query.text


def test_queries_are_chosen_by_kind_and_split():
    assert {q.kind for q in python_queries("two-hop", "identifier")} == {"two-hop", "identifier"}
    with pytest.raises(ValueError, match="paraphrase, two-hop, got one-hop"):
        python_queries("one-hop")
    with pytest.raises(ValueError, match="wanted development or held-out, got 'test'"):
        python_queries(split="test")


def test_words_are_found_whatever_stands_between_them():
    assert list(places("one two\tthree", DOCUMENTS)) == [
        Span("a", 0, 14, "one two  three"),
        Span("b", 0, 14, "one\n two three"),
    ]


def row(**changes):
    answer = {"document": "a", "quote": "one two three"}
    return {"kind": "identifier", "split": "held-out", "text": "q", "answers": [answer]} | changes


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("{", "f.json is not JSON"),
        ("[" * 100_000, "f.json is not JSON"),
        ({}, "wanted a list of queries, got dict"),
        ([3], "query 0: wanted kind, split, text and answers, got 3"),
        ([row(more=1)], "query 0: wanted kind, split, text and answers"),
        ([row(kind="one-hop")], "got 'one-hop', 'held-out'"),
        ([row(kind=[])], r"got \[\], 'held-out'"),
        ([row(split="train")], "got 'identifier', 'train'"),
        ([row(text=" ")], "wanted a text"),
        ([row(), row()], "asked twice: .'q'."),
        ([row(kind="two-hop")], "wanted 2 answers to 'q'"),
        ([row(answers="one")], "wanted 1 answers to 'q', got one"),
        ([row(answers=["one"])], "wanted a document and a quote, got one"),
        ([row(answers=[{"document": "a", "quote": "  "}])], "got 'a', '  '"),
        ([row(answers=[{"document": [], "quote": "one"}])], r"got \[\], 'one'"),
        ([row(answers=[{"document": "z", "quote": "one"}])], "z does not say 'one'; quote it anew"),
        (
            [row(), row(text="r", answers=[{"document": "a", "quote": "six"}])],
            "query 1, 'r': a does",
        ),
        ([row(answers=[{"document": "a", "quote": "two", "start": 5}])], "say 'two' at 5"),
    ],
)
def test_what_is_not_a_golden_set(rows, message):
    raw = rows if isinstance(rows, str) else json.dumps(rows)
    with pytest.raises(ValueError, match=message):
        read_queries(raw, DOCUMENTS, "f.json")


def test_a_right_one_is_read():
    (query,) = read_queries(json.dumps([row()]), DOCUMENTS, "f.json")
    assert query.spans == (Span("a", 0, 14, "one two  three"),)
