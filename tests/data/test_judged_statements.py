"""The labelled statements: two halves that share nothing, and labels in equal parts."""

from collections import Counter

import pytest

from whiteboard.data import python_topics
from whiteboard.data.judged_statements import _labelled, judged_statements


def test_halves_share_no_passage_and_labels_are_even():
    statements = judged_statements()
    halves = {h: [s for s in statements if s.half == h] for h in ("development", "held-out")}
    assert [len(half) for half in halves.values()] == [48, 48]
    for half in halves.values():
        assert Counter(s.label for s in half) == {
            "supported": 24, "contradicted": 12, "unsupported": 12,
        }  # fmt: skip
    development, held_out = ({s.passage for s in half} for half in halves.values())
    assert not development & held_out
    assert len({s.text for s in statements}) == 96


def test_each_passage_is_short_and_stands_in_its_topic():
    topics = [" ".join(text.split()) for text in python_topics().values()]
    for statement in judged_statements():
        assert any(statement.passage in text for text in topics)
        assert 20 <= len(statement.passage.split()) <= 100
        assert statement.text not in statement.passage
        assert statement.supported == (statement.label == "supported")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": 9}, "wanted whole sentences"),
        ({"half": "test"}, "wanted a half of"),
        ({"statements": [{"text": "x", "label": "true"}]}, "wanted a label of"),
    ],
)
def test_a_wrong_row_is_refused(change, message):
    row = {"topic": "t", "start": 0, "end": 12, "half": "held-out", "statements": []}
    with pytest.raises(ValueError, match=message):
        list(_labelled([row | change], {"t": "It is a day. No."}))
