"""Coverage against a loop over characters; budgets by adding up; copies left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.data import Span, python_queries, python_topics
from whiteboard.data.queries import places
from whiteboard.retrieval.coverage import TokenCounts, coverage, without_copies
from whiteboard.retrieval.passages import Chunk, fixed_chunks

PLACE = st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(1, 9))


def naive(answers, passages):
    """Sets of characters, and a list for what was handed over."""
    handed = [(p.document, at) for p in passages for at in range(p.start, p.end)]
    shares = []
    for row in answers:
        wanted = [{(s.document, at) for at in range(s.start, s.end)} for s in row]
        shares.append(max(len(place & {*handed}) / len(place) for place in wanted))
    right = {(s.document, at) for row in answers for s in row for at in range(s.start, s.end)}
    return np.mean(shares), len(right & {*handed}) / len(handed) if handed else 0.0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(PLACE, min_size=1, max_size=3), min_size=1, max_size=2),
    st.lists(PLACE, max_size=4),
)
def test_coverage_is_that_of_a_loop(answers, passages):
    spans = [[Span(d, s, s + n, "") for d, s, n in row] for row in answers]
    chunks = [Chunk(d, s, s + n, "x" * n) for d, s, n in passages]
    np.testing.assert_allclose(coverage(spans, chunks), naive(spans, chunks), atol=1e-9)


def test_by_hand():
    answer = [[Span("a", 10, 20, "")]]
    assert coverage(answer, [Chunk("a", 0, 15, "x" * 15)]) == (0.5, 5 / 15)
    twice = [Chunk("a", 10, 20, "x" * 10), Chunk("a", 10, 20, "x" * 10)]
    assert coverage(answer, twice) == (1.0, 0.5)
    both = [[Span("a", 0, 4, ""), Span("b", 0, 4, "")], [Span("c", 0, 4, "")]]
    assert coverage(both, [Chunk("b", 0, 8, "x" * 8)]) == (0.5, 0.5)
    assert coverage(both, []) == (0.0, 0.0)


@pytest.fixture(scope="module")
def counts(minilm):
    return TokenCounts(python_topics(), minilm.tokenizer)


def test_the_parts_of_a_document_add_up_to_it(counts):
    for size in (70, 600):
        chunks = fixed_chunks({"raise": python_topics()["raise"]}, size=size, overlap=0)
        total = sum(counts.tokens(chunk) for chunk in chunks)
        assert total == len(counts.starts["raise"])
    assert sum(map(len, counts.starts.values())) > 100_000, "texts were cut at 256 tokens"


@pytest.mark.parametrize("budget", [0, 1, 59, 300, 10**6])
def test_a_budget_is_spent_to_the_last_token(counts, budget):
    text = python_topics()["raise"]
    chunks = fixed_chunks({"raise": text}, size=400, overlap=0)
    taken = counts.within(chunks, budget)
    spent = sum(counts.tokens(chunk) for chunk in taken)
    assert spent == min(budget, len(counts.starts["raise"]))
    assert "".join(chunk.text for chunk in taken) == text[: taken[-1].end if taken else 0]
    assert all(text[c.start : c.end] == c.text for c in taken)


def test_copies_are_left_out_and_every_answer_is_still_there():
    kept = without_copies(python_topics())
    assert "compound" in kept
    assert "try" not in kept
    for query in python_queries():
        for span in query.spans:
            assert list(places(span.text, kept)), span


def test_without_copies_by_hand():
    long = "One thing.\n\nAnother thing.\n\nMore."
    documents = {"a": long, "b": "Another\nthing.", "c": "Another thing.\n\nNot there at all."}
    assert list(without_copies(documents)) == ["a", "c"]
    assert without_copies({}) == {}
