"""Sentences: all of the text, each part once; where another library ends them too."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.data import python_topics
from whiteboard.retrieval.sentences import sentence_places

STORED = Path(__file__).parents[1] / "references" / "sentences.npz"


def sentences(text):
    return [text[start:end] for start, end in sentence_places(text)]


@settings(max_examples=200, deadline=None)
@given(st.text('aB .!?"\n1)`', max_size=60))
def test_together_they_are_the_text(text):
    assert "".join(sentences(text)) == text
    assert all(sentences(text))


def test_every_topic_comes_out_whole():
    assert all("".join(sentences(text)) == text for text in python_topics().values())


def test_pysbd_ends_them_at_the_same_places():
    """In 96% of the paragraphs all ends are the same; where not, either may be right."""
    with np.load(STORED) as stored:
        paragraphs, ends = stored["paragraphs"].tolist(), stored["ends"]
    same = []
    for number, text in enumerate(paragraphs):
        want = ends[ends[:, 0] == number, 1].tolist()
        got = [start + len(text[start:end].rstrip()) for start, end in sentence_places(text)]
        same.append(got == want)
    assert len(same) > 120
    assert np.mean(same) >= 0.94


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("   ", ["   "]),
        ("One. Two", ["One. ", "Two"]),
        ("Is it? Yes! Done.", ["Is it? ", "Yes! ", "Done."]),
        ("See e.g. Fig. 2 and Dr. Who.", ["See e.g. Fig. 2 and Dr. Who."]),
        ("It is 3.5 wide. no capital", ["It is 3.5 wide. no capital"]),
        ('He said "no." Then left.', ['He said "no." ', "Then left."]),
        ("Title\n\nText here", ["Title\n\n", "Text here"]),
        ("1. First item. Second", ["1. First item. ", "Second"]),
        ("Use e.g.\n\nA list", ["Use e.g.\n\n", "A list"]),
    ],
)
def test_by_hand(text, parts):
    assert sentences(text) == parts
