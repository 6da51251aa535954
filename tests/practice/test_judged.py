"""A reader's file is loaded, and its function's signature compared."""

import pytest

from whiteboard.architecture.attention import dot_product_attention
from whiteboard.practice.judged import Unusable, fits, load


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1\ndef f(:\n", "mine.py, line 2: SyntaxError: "),
        ("x = '\0'", "mine.py.*: source code string cannot contain null bytes"),
        ("x = 1\ny = 1 / 0\n", "mine.py, line 2: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(0)\n", "mine.py, line 2: calls sys.exit while it is loaded"),
        ("def g(x): ...\n", "mine.py: wanted a function f, found g$"),
        ("import jax\n", "mine.py: wanted a function f, found none$"),
    ],
)
def test_a_file_without_the_function_says_why(tmp_path, text, says):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(Unusable, match=says):
        load(path, "f")


@pytest.mark.parametrize(
    ("candidate", "says"),
    [
        (3, "wanted a function, got int"),
        (lambda x: x, r"got dot_product_attention\(x\): too many positional"),
        (lambda q, k, v, mask, scale: q, r"got dot_product_attention\(q, k, v, mask, scale\)"),
        (lambda q, k, v, *, mask, scale: q, r"missing a required( keyword-only)? argument: 'mask'"),
        (lambda q, k, v, *, mask=None: q, "unexpected keyword argument 'scale'"),
    ],
)
def test_a_wrong_signature_shows_both(candidate, says):
    with pytest.raises(Unusable, match=says):
        fits(candidate, dot_product_attention)


@pytest.mark.parametrize(
    "candidate", [lambda *a, **k: a, lambda q, k, v, mask=None, scale=None, extra=1: q]
)
def test_a_signature_that_takes_the_calls_is_enough(candidate):
    fits(candidate, dot_product_attention)
