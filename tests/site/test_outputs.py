"""Outputs: compared exactly but for `...`, and rewritten in place."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.site.fences import parse_fences
from whiteboard.site.outputs import difference, matches, merged, rewritten


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("1\n", "1\n", True),
        ("1\n", "1", True),
        ("1\n", "2\n", False),
        ("1\n", "1 \n", False),
        ("1\n", "1\n\n", False),
        ("1\n\n2\n", "1\n2\n", False),
        ("1.0\n", "1x0\n", False),
        ("took ... s\n", "took 12 s\n", True),
        ("took ... s\n", "took 12 m\n", False),
        ("took ...\n", "took 12\nand more\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", False),
        ("a\n...\nd\n", "a\nb\n", False),
        ("[0 ... 9]\n", "[0 ... 9]\n", True),
    ],
)
def test_matches(shown, printed, same):
    assert matches(shown, printed) is same


lines = st.lists(st.sampled_from(["a", "b c", "...", "x ...", "x 1", "x 2", ""]), max_size=6)


def _text(parts):
    return "".join(part + "\n" for part in parts)


@given(lines, lines)
def test_what_we_accept_doctest_accepts(shown, printed):
    """Doctest's `...` is the looser one: it runs across lines anywhere."""
    flags = doctest.ELLIPSIS | doctest.DONT_ACCEPT_BLANKLINE
    if matches(_text(shown), _text(printed)):
        assert doctest.OutputChecker().check_output(_text(shown), _text(printed), flags)


@given(lines, lines)
def test_rewriting_makes_it_match_and_is_idempotent(shown, printed):
    once = merged(_text(shown), _text(printed))
    assert matches(once, _text(printed))
    assert merged(once, _text(printed)) == once


def test_rewriting_leaves_the_dots_that_still_match():
    shown = "loss 1.2\ntook ... s\n...\nend\n"
    assert merged(shown, "loss 1.3\ntook 5 s\nx\ny\nend\n") == "loss 1.3\ntook ... s\n...\nend\n"


def test_the_difference_shows_both_sides():
    shown = difference("a\ntook ... s\n", "b\ntook 3 s\n")
    assert "-a" in shown
    assert "+b" in shown
    assert "took 3" not in shown


PAGE = """\
```{.python}
print(1)
```

!!! note
    ```{.python continuation}
    print(2)
    ```

    ```{.text .output title="Output"}
    old
    ```

after
"""


def test_rewriting_keeps_the_page_around_the_output(tmp_path):
    text = rewritten(PAGE, {(10, 12): "2\n\n  x\n", (3, 0): "1\n"})
    assert [fence.raw for fence in parse_fences(text, tmp_path)] == [
        "print(1)\n",
        "1\n",
        "print(2)\n",
        "2\n\n  x\n",
    ]
    assert "    2\n\n      x\n    ```\n\nafter\n" in text
    assert rewritten(PAGE, {}) == PAGE


def test_an_output_that_would_close_its_fence_is_refused():
    with pytest.raises(ValueError, match="close its fence"):
        rewritten(PAGE, {(10, 12): "```\n"})
