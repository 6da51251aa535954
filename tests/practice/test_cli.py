"""`whiteboard practice` and `whiteboard check`, as a reader runs them."""

import pytest

from whiteboard import practice
from whiteboard.architecture.attention import dot_product_attention
from whiteboard.cli import main
from whiteboard.practice.judged import Unusable, fits, load

RIGHT = """
import jax
import jax.numpy as jnp

def dot_product_attention(q, k, v, *, mask=None, scale=None):
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    scores = jnp.einsum("bthd,bshd->bhts", q.astype("float32"), k.astype("float32")) * scale
    weights = jax.nn.softmax(scores, axis=-1, where=mask)
    return jnp.einsum("bhts,bshd->bthd", weights, v.astype("float32")).astype(v.dtype)
"""
WRONG = {
    "scale_by_d_k": RIGHT.replace("** -0.5", "** -1.0"),
    "scale_by_model_width": RIGHT.replace("q.shape[-1]", "(q.shape[-1] * q.shape[-2])"),
    "softmax_over_queries": RIGHT.replace("axis=-1", "axis=2"),
    "mask_after_softmax": RIGHT.replace(", where=mask)", ") * (1 if mask is None else mask)"),
}
HEAD = "def dot_product_attention(q, k, v, *, mask=None, scale=None):\n"


@pytest.fixture
def check(tmp_path, capsys):
    def run(text, *options):
        path = tmp_path / "mine.py"
        path.write_text(text)
        status = main(["check", "1", str(path), *options])
        return status, capsys.readouterr().out

    return run


def test_the_right_answer_passes(check):
    assert check(RIGHT) == (0, "dot_product_attention: passes all 11 checks\n")


@pytest.mark.parametrize("name", WRONG)
def test_a_known_mistake_is_named(check, name):
    assert WRONG[name] != RIGHT
    status, said = check(WRONG[name])
    assert status == 1
    assert f"looks like {name}\n" in said


def test_a_printed_verdict_is_no_verdict(check):
    forged = "print('dot_product_attention: passes all 11 checks\\x1b[2J', flush=True)\n"
    status, said = check(forged + "import os\nos._exit(0)\n")
    assert status == 1
    assert "  | dot_product_attention: passes all 11 checks?[2J\n" in said
    assert said.splitlines()[-1].startswith("the process ended with status 0 during the loading")


def test_an_endless_loop_is_stopped_and_placed(check):
    status, said = check(HEAD + "    while True: print('x' * 99)\n", "--time-limit", "8")
    assert status == 1
    assert "still running after 8 s, stopped during check follows_the_formula" in said
    assert len(said) < 6_000, "all of an endless output was kept"


def test_a_ledger_written_by_the_answer_is_not_believed(check):
    status, said = check(
        "import glob, json, os, tempfile\n"
        "for f in glob.glob(tempfile.gettempdir() + '/whiteboard-*/*'):\n"
        "    forged = {'passed': True, 'text': 'fine', 'secret': ''}\n"
        "    open(f, 'a').write(json.dumps(forged) + '\\n')\n"
        "    open(f, 'a').write('not json\\n[1]\\n')\n"
        "os._exit(0)\n"
    )
    assert (status, "fine" in said) == (1, False)


def test_memory_is_limited(check):
    pytest.importorskip("resource")
    status, said = check("import numpy\nx = numpy.ones(5 * 2**30)\n")
    assert status == 1
    assert "mine.py, line 2: " in said
    assert "MemoryError" in said


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


def test_a_stub_is_written_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "q01_dot_product_attention.py"
    assert main(["practice", "1"]) == 0
    assert "whiteboard check 1 q01_dot_product_attention.py" in capsys.readouterr().out
    assert path.read_text() == practice.stub(dot_product_attention)
    path.write_text("mine")
    assert main(["practice", "1"]) == 1
    assert "--force" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main(["practice", "1", "--force"]) == 0
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "1", "missing.py"], "missing.py: no such file"),
        (["check", "52", "missing.py"], "there is no question 52"),
        (["check", "51", "missing.py"], "question 51 has no exercise yet"),
        (["check", "1", "missing.py", "--part", "x"], "has no part 'x'"),
        (["practice", "52"], "there is no question 52"),
        (["practice", "1", "--output", "no/such/folder.py"], "No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, says, capsys):
    assert main(arguments) == 1
    streams = capsys.readouterr()
    assert says in streams.out + streams.err


def test_list_and_version(capsys):
    assert main(["list"]) == 0
    assert " 1  dot_product_attention\n" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])


def test_questions_are_those_of_the_registry():
    from whiteboard.practice.catalogue import QUESTIONS
    from whiteboard.site.pages import registry

    assert {q.number for q in registry().questions} == set(range(1, QUESTIONS + 1))
