"""Blocks against doctest's own parser and a Markdown parser, and by hand."""

from doctest import DocTestParser
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from whiteboard.data import python_topics, site_pages
from whiteboard.retrieval.document_blocks import blocks

LINES = [
    "",
    "text here",
    "   >>> f(1)",
    "   1",
    "```",
    "# Title",
    "=====",
    "  deeper",
    "| a |",
    " x = 1",
]


def shown(text):
    return [(block.kind, text[block.start : block.end]) for block in blocks(text)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=14), st.sampled_from(["\n", "\r\n", "\x0c"]))
def test_together_they_are_the_text(lines, newline):
    text = newline.join(lines)
    found = shown(text)
    assert "".join(part for _, part in found) == text
    assert all(part for _, part in found)


def places_of_lines(text):
    return [0, *accumulate(len(line) for line in text.split("\n") for line in [line + "\n"])]


def test_no_doctest_example_of_the_topics_is_divided():
    """Doctest finds 184 examples; each lies in one block, and almost all of those are code."""
    inside, code = 0, 0
    for text in python_topics().values():
        lines = places_of_lines(text)
        for example in DocTestParser().get_examples(text):
            start = lines[example.lineno]
            end = lines[example.lineno + example.source.count("\n")]
            (block,) = [b for b in blocks(text) if b.start <= start < b.end]
            assert end <= block.end + 1, text[start:end]
            inside += 1
            code += block.kind == "code"
    assert inside > 150
    assert code >= 0.95 * inside


def test_the_fences_and_headings_of_this_site_are_those_of_a_markdown_parser():
    fences = headings = 0
    for text in site_pages().values():
        lines = places_of_lines(text)
        ours = blocks(text)
        for token in MarkdownIt().parse(text):
            if token.type == "fence":
                start, end = lines[token.map[0]], lines[token.map[1]]
                (block,) = [b for b in ours if b.start <= start < b.end]
                assert (block.kind, block.start) == ("code", start)
                assert len(text[: block.end].rstrip()) in (end - 1, len(text[:end].rstrip()))
                fences += 1
            elif token.type == "heading_open" and token.markup.startswith("#"):
                assert ("heading", lines[token.map[0]]) in {(b.kind, b.start) for b in ours}
                headings += 1
    assert fences > 100
    assert headings > 100


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", []),
        ("\n\n", ["text"]),
        ("Title\n=====\n\nText\nmore\n\nAgain", ["heading", "text", "text"]),
        ("# One\n## Two\nText", ["heading", "heading", "text"]),
        ("```\na\n\nb\n```\nText", ["code", "text"]),
        ("````\n```\n\n````\nText", ["code", "text"]),
        ("~~~\nnever closed\n\nText", ["code"]),
        ("A:\n\n   class B:\n       x\n\n       f():\n           y\n\nC", ["text", "code", "text"]),
        ("   >>> a\n   1\n\n   >>> b\n   2\n\n   prose", ["code", "text"]),
        ("+---+\n| a |\n+---+\n\nText", ["table", "text"]),
        ("Text\n```\ncode\n```", ["text", "code"]),
    ],
)  # fmt: skip
def test_by_hand(text, kinds):
    assert [kind for kind, _ in shown(text)] == kinds
