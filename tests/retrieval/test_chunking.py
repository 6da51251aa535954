"""Four ways to cut: all of the text, each part once, at its place; code whole; hostile texts."""

from doctest import DocTestParser
from itertools import accumulate, pairwise

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.data import python_topics, site_pages
from whiteboard.retrieval.chunking import (
    pack,
    semantic_chunks,
    sentence_chunks,
    small_to_big,
    structure_chunks,
)
from whiteboard.retrieval.passages import fixed_chunks


def spun(texts):
    """Unit vectors that depend on the text alone; neighbours are unlike each other."""
    angles = np.array([sum(text.encode("utf8", "replace")) % 97 for text in texts]) / 97 * np.pi
    return jnp.asarray(np.stack([np.cos(angles), np.sin(angles)], 1).reshape(-1, 2), jnp.float32)


def semantic(documents, *, size):
    return semantic_chunks(documents, spun, size=size)


def children(documents, *, size):
    return small_to_big(documents, size=size, small=max(1, size // 3)).children


CUTS = [
    sentence_chunks,
    structure_chunks,
    semantic,
    children,
    lambda documents, *, size: fixed_chunks(documents, size=size, overlap=0),
]
LINES = ["", "One two. Three", "   >>> f(1)", "```", "# Title", "====", "a" * 40, "x. Y. Z."]


def assert_whole(documents, chunks, size):
    """Every character of every document stands in exactly one chunk, at its place."""
    held = {name: [c for c in chunks if c.document == name] for name in documents}
    for name, text in documents.items():
        assert "".join(chunk.text for chunk in held[name]) == text
        for chunk in held[name]:
            assert text[chunk.start : chunk.end] == chunk.text
            assert 0 < len(chunk.text) <= size
        assert all(one.end == other.start for one, other in pairwise(held[name]))


@pytest.mark.parametrize("cut", CUTS)
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(LINES) | st.text(max_size=9), max_size=9), max_size=3),
    st.integers(1, 70),
)
def test_nothing_is_lost_or_repeated(cut, lines, size):
    documents = {str(number): "\n".join(row) for number, row in enumerate(lines)}
    assert_whole(documents, cut(documents, size=size), size)


@pytest.mark.parametrize("cut", CUTS)
def test_both_corpora_come_out_whole(cut):
    for documents in (python_topics(), site_pages()):
        assert_whole(documents, cut(documents, size=600), 600)


@pytest.mark.parametrize("cut", CUTS)
def test_hostile_texts_are_cut_quickly(cut):
    """A line of ten megabytes, nothing at all, broken bytes; a step too slow would never end."""
    documents = {
        "line": "word " * 2_000_000,
        "spaces": ".   " + "   " * 400_000,
        "dots": "." * 300_000 + "A",
        "lines": "A.\n" + "\n" * 300_000,
        "fences": "```\n" * 30_001,
        "code": "   >>> f()\n\n" * 30_000,
        "empty": "",
        "broken": b"ok \xff\xfe\x00 \xc3".decode("utf8", "replace"),
        "surrogate": b"ok \xff. More".decode("utf8", "surrogateescape"),
    }
    assert_whole(documents, cut(documents, size=2000), 2000)


@pytest.mark.parametrize("cut", CUTS[:4])
def test_a_size_that_is_none(cut):
    with pytest.raises(ValueError, match=r"size.*: wanted 1 character or more, got 0"):
        cut({"a": "text"}, size=0)


def test_what_was_broken_can_be_encoded(minilm):
    broken = {"a": b"\xff \xed\xa0\x80 text. More".decode("utf8", "surrogateescape")}
    vectors = minilm.encode([chunk.text for chunk in sentence_chunks(broken)])
    assert jnp.isfinite(vectors).all()


def examples(text):
    lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    for example in DocTestParser().get_examples(text):
        source = example.source.count("\n")
        yield lines[example.lineno], lines[example.lineno + source + example.want.count("\n")] - 1


def test_structure_keeps_every_doctest_example_and_fixed_windows_do_not():
    """An example and what it prints, as Python's own parser finds them."""
    cut = dict.fromkeys(("structure", "fixed"), 0)
    topics = python_topics()
    found = {
        "structure": structure_chunks(topics, size=1200),
        "fixed": fixed_chunks(topics, size=1200, overlap=0),
    }
    for name, chunks in found.items():
        for chunk in chunks:
            for start, end in examples(topics[chunk.document]):
                cut[name] += start < chunk.end < end
    assert cut["structure"] == 0
    assert cut["fixed"] > 5


def test_a_heading_stays_with_what_follows_and_code_in_one_piece():
    text = "Intro one two.\n\nTitle\n=====\n\nFirst words.\n\n   def f():\n"
    text += "       a\n\n       b\n\nEnd."
    chunks = structure_chunks({"a": text}, size=40)
    assert [c.text.split("\n")[0] for c in chunks] == ["Intro one two.", "Title", "   def f():"]


def test_packing_is_next_fit():
    assert pack([(0, 3), (3, 5), (5, 11), (11, 12)], 6) == [(0, 5), (5, 11), (11, 12)]
    assert pack([(0, 9), (9, 10)], 6) == [(0, 9), (9, 10)]
    assert pack([], 6) == []


def test_semantic_cuts_where_neighbours_are_least_alike():
    """Against a loop: percentile of the document's shifts, then the largest until it fits."""
    text = "Aa bb. Cc dd. Ee ff. Gg hh. Ii jj. Kk ll. Mm nn. Oo pp."
    angles = dict(zip(["A", "C", "E", "G", "I", "K", "M", "O"], [0, 1, 2, 9, 10, 11, 60, 61]))

    def encode(texts):
        turned = np.radians([angles[text[0]] for text in texts])
        return jnp.asarray(np.stack([np.cos(turned), np.sin(turned)], 1))

    def starts(**options):
        return [c.text[0] for c in semantic_chunks({"a": text}, encode, **options)]

    assert starts(size=600, percentile=90.0) == ["A", "M"]
    assert starts(size=600, percentile=80.0) == ["A", "G", "M"]
    assert starts(size=600, percentile=100.0) == ["A"]
    assert starts(size=25, percentile=100.0) == ["A", "G", "M"]


def test_parents_come_once_and_in_the_order_of_their_best_child():
    families = small_to_big(python_topics(), size=900, small=200)
    for child, number in zip(families.children, families.parent_of, strict=True):
        parent = families.parents[number]
        assert parent.document == child.document
        assert parent.start <= child.start < child.end <= parent.end
    ranked = [7, 900, 8, 9, 901, 7]
    got = list(families.parents_of(ranked))
    assert got == list(dict.fromkeys(families.parents[families.parent_of[n]] for n in ranked))
    assert max(len(child.text) for child in families.children) <= 200
