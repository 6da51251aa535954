"""Common facts: one beginning each, and the word that follows."""

from whiteboard.data.common_facts import COMMON_FACTS


def test_facts_are_single_beginnings():
    assert len(dict(COMMON_FACTS)) == len(COMMON_FACTS)
    assert all(a[-1] != " " and b[0] == " " for a, b in COMMON_FACTS)
