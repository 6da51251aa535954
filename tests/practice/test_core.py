"""What an exercise is made of takes its words from the functions that it wraps."""

import pytest

from whiteboard.practice import Check, Exercise, Variant, expect
from whiteboard.practice.core import assembled


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


def test_a_check_and_an_exercise_are_described_by_their_functions():
    assert (TOY.part, TOY.says) == ("double", "Twice x.")
    assert [check.name for check in TOY.checks] == ["is_even", "is_large"]
    assert TOY.checks[0].says == "The result is even."
    assert Check(lambda candidate: None).says == ""
