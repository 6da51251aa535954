"""The judge itself: what it refuses, whom it blames, and what it says."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard import practice
from whiteboard.architecture.attention import dot_product_attention
from whiteboard.practice import Exercise, Refused, Variant, expect, expect_close
from whiteboard.practice.core import assembled
from whiteboard.practice.judge import Failure, Report, _explained


def double(x):
    """Twice x."""
    return 2 * x


def is_even(candidate):
    """The result is even."""
    expect(candidate(3) % 2 == 0, f"x=3: wanted an even number, got {candidate(3)}")


def is_large(candidate):
    """The result is larger than x."""
    expect(candidate(3) > 3, f"x=3: wanted more than 3, got {candidate(3)}")


def triple(x):
    """Odd."""
    return 3 * x


TRIPLE = Variant.of(triple, caught_by=[is_even])
NOTHING = Variant.of(lambda x: 0 * x, "Small.", name="nothing", caught_by=[is_large])
PLAIN = Exercise.of(double, checks=[is_even, is_large], probe=lambda f: [f(3), f(4)])
(TOY,) = assembled([PLAIN], [TRIPLE, NOTHING])


def judged(candidate):
    failures = []
    for check in TOY.checks:
        try:
            check.run(candidate)
        except Refused as refusal:
            failures.append(Failure(check.name, str(refusal)))
    report = Report("double", ("is_even", "is_large"), tuple(failures))
    return _explained(report, TOY, candidate)


def test_a_mistake_is_described_by_its_function():
    assert (TRIPLE.name, TRIPLE.symptom, TRIPLE.caught_by) == ("triple", "Odd.", {"is_even"})
    assert (NOTHING.name, NOTHING.symptom) == ("nothing", "Small.")
    assert [v.name for v in TOY.variants] == ["triple", "nothing"]


def test_a_mistake_without_a_symptom_is_refused():
    def silent(x): ...

    with pytest.raises(ValueError, match="silent has no symptom: write it as the docstring"):
        Variant.of(silent, caught_by=[is_even])


def test_a_check_of_no_exercise_is_refused():
    def is_evn(candidate): ...

    with pytest.raises(ValueError, match="triple is caught by is_evn: wanted checks of one exerci"):
        assembled([PLAIN], [Variant.of(triple, caught_by=[is_evn])])


def test_checks_of_two_exercises_are_refused():
    one, other = (
        Exercise.of(right, checks=[check], probe=lambda f: f(3))
        for right, check in ((double, is_even), (triple, is_large))
    )
    with pytest.raises(ValueError, match=r"caught by is_even, is_large: .* of double, triple"):
        assembled([one, other], [Variant.of(triple, caught_by=[is_even, is_large])])


def test_equal_outputs_name_the_mistake():
    report = judged(lambda x: x + x + x)
    assert (report.looks_like, report.certain) == ("triple", True)
    assert str(report).splitlines() == [
        "double: refused by 1 of 2 checks",
        "  is_even: x=3: wanted an even number, got 9",
        "looks like triple",
        "  Odd.",
    ]


def test_equal_failures_are_a_weaker_word():
    report = judged(lambda x: 5 * x)
    assert (report.looks_like, report.certain) == ("triple", False)
    assert "\nfails like triple\n" in str(report)


def test_failures_of_no_known_mistake_blame_nobody():
    report = judged(lambda x: -3 * x)
    assert {f.check for f in report.failures} == {"is_even", "is_large"}
    assert report.looks_like is None


def test_a_crash_is_told_from_a_refusal_with_its_line():
    def crashing(query, key, value, *, mask=None, scale=None):
        raise KeyError("x")

    report = practice.judge(1, crashing)
    line = crashing.__code__.co_firstlineno + 1
    assert all(f.crashed for f in report.failures)
    assert report.looks_like is None
    assert str(report).splitlines()[1] == f"  each: raised KeyError: 'x' (line {line})"


def test_an_exit_is_a_crash():
    def leaving(query, key, value, *, mask=None, scale=None):
        raise SystemExit(0)

    assert not practice.judge(1, leaving).passed


def test_an_answer_in_other_words_passes_and_is_not_blamed():
    def attend(query, key, value, *, mask=None, scale=None):
        scale = query.shape[-1] ** -0.5 if scale is None else scale
        q, k, v = (jnp.moveaxis(x, 2, 1).astype("float32") for x in (query, key, value))
        scores = (scale * q) @ k.swapaxes(-1, -2)
        scores = scores if mask is None else jnp.where(mask, scores, -1e30)
        weights = jnp.exp(scores - scores.max(-1, keepdims=True))
        weights = weights if mask is None else weights * mask
        total = jnp.maximum(weights.sum(-1, keepdims=True), 1e-30)
        return jnp.moveaxis(weights / total @ v, 1, 2).astype(value.dtype)

    report = practice.judge(1, attend)
    assert report.passed, str(report)
    assert report.looks_like is None
    assert str(report) == "dot_product_attention: passes all 11 checks"


def test_a_variant_is_judged_as_its_own_part():
    told = []
    report = practice.judge(1, practice.variant(1, "scale_by_d_k"), on_check=told.append)
    assert report.part == "dot_product_attention"
    assert tuple(told) == report.checks


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: practice.exercises(0), "there is no question 0: they are 1 to 51"),
        (lambda: practice.exercises(51), "question 51 has no exercise yet; these have: 1"),
        (lambda: practice.exercise(1, "x"), "no part 'x': it has dot_product_attention"),
        (lambda: practice.variant(1, "x"), "no variant 'x': it has scale_by_d_k"),
    ],
)
def test_what_is_not_there_is_said(ask, says):
    with pytest.raises(LookupError, match=says):
        ask()


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (3.0, "x: wanted an array, got float"),
        (np.zeros(2), "x: wanted shape (2, 2), got (2,)"),
        (np.array([[1, 2], [3, 4.5]]), "x: wanted 4, got 4.5 at [1,1]"),
        (np.array([[1, np.nan], [3, 4.5]]), "x: wanted 2, got nan at [0,1]"),
    ],
)
def test_a_counter_example_fits_on_a_line(got, says):
    with pytest.raises(Refused) as caught:
        expect_close(got, np.array([[1, 2], [3, 4]]), "x")
    assert str(caught.value) == says


def test_equal_arrays_are_not_refused():
    expect_close(jnp.ones((2, 2), "bfloat16"), np.ones((2, 2)), "x")
    expect_close(np.array([np.nan]), np.array([np.nan]), "x")


def test_a_stub_keeps_only_the_signature_and_its_imports():
    text = practice.stub(dot_product_attention)
    assert text.startswith("import jax\nimport jax.numpy as jnp\nfrom jaxtyping import Array, Bool")
    assert text.endswith("    raise NotImplementedError\n")
    assert "einsum" not in text


def test_a_stub_keeps_every_kind_of_argument():
    def local(a: int, /, b: "str" = "x", *rest: int, c: float = 1.0, d=None, **more: int) -> bool:
        r"""Says \\d."""

    assert practice.stub(local).endswith(
        'def local(a: int, /, b: "str" = "x", *rest: int, c: float = 1.0, d = None, '
        '**more: int) -> bool:\n    r"""Says \\\\d."""\n    raise NotImplementedError\n'
    )


def test_a_stub_says_what_it_cannot_import():
    def local(x: "Check" = TOY):
        """Nothing."""

    with pytest.raises(ValueError, match="cannot import \\['TOY'\\]"):
        practice.stub(local)
