"""`whiteboard practice` and `whiteboard check`, as a reader runs them."""

import pytest

from whiteboard import practice
from whiteboard.architecture.attention import dot_product_attention
from whiteboard.cli import main

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
