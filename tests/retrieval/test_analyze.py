"""What a text is split into."""

import pytest

from whiteboard.retrieval.analyze import analyze


@pytest.mark.parametrize(("text", "terms"), [
    ("AB-12/7", ["ab-12/7", "ab", "12", "7"]),
    ("error E1234.", ["error", "e1234"]),
    ("obj.__getattr__(name)", ["obj.__getattr__", "obj", "getattr", "name"]),
    ("snake_case", ["snake_case", "snake", "case"]),
    ("Ünïcode naïve 漢字", ["ünïcode", "naïve", "漢字"]),
    ("--- ... !", []),
    ("__", ["__"]),
    ("", []),
])  # fmt: skip
def test_analyze(text, terms):
    assert analyze(text) == terms
