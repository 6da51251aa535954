"""The judge itself: what it refuses, whom it blames, and what it says."""

import jax.numpy as jnp

from whiteboard import practice
from whiteboard.practice import Exercise, Refused, Variant, expect
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
