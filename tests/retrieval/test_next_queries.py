"""Splitting and names by hand, and what holds for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.next_queries import names_in, next_queries, split_question


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("how do I join texts", ["how do I join texts"]),
        ("how do I join, and may I", ["how do I join, and may I"]),
        (
            "how do I join texts, and how do I split one",
            ["how do I join texts", "how do I split one"],
        ),
        (
            "in vain: what of a text, and what of a list",
            ["in vain what of a text", "in vain what of a list"],
        ),
        ("my text is cut short: why is that", ["my text is cut short", "why is that"]),
    ],
)
def test_parts_by_hand(question, parts):
    assert split_question(question) == parts


WORDS = st.sampled_from(["one", "two", "three", "and", ",", ":", "four.five"])


@given(st.lists(WORDS, max_size=12))
def test_parts_have_no_word_that_the_question_lacks(words):
    question = " ".join(words)
    assert {t for part in split_question(question) for t in analyze(part)} <= {*analyze(question)}


def test_names_are_quoted_calls_in_order_once():
    texts = ['"str.join()" or "join" or "len(x)"', 'see "__len__()" and "str.join()"']
    assert names_in(texts) == ["str.join()", "__len__()"]
    assert names_in(texts, "what is __len__") == ["str.join()"]


def test_what_was_asked_is_not_asked_again():
    texts, question = ['"str.join()"'], "how do I join texts, and how do I split one"
    both = ["how do I join texts", "how do I split one"]
    assert next_queries(question, [question], texts) == [*both, "str.join()"]
    assert next_queries(question, ["Join.str", "TEXTS how I do join"], texts) == [
        both[1],
        "str.join()",
    ]
    assert next_queries("join", ["join", "str.join"], texts) == []
