"""What an exercise is made of takes its words from the functions that it wraps."""

from whiteboard.practice.core import Check, Exercise


def halve(x):
    """Half of x.

    More about it.
    """
    return x / 2


def is_small(candidate):
    """The result is smaller than x.

    For positive x.
    """


def without_a_docstring(candidate): ...


def test_names_and_first_lines_are_the_functions():
    exercise = Exercise(1, halve, (Check(is_small),), (), lambda function: function(4))
    assert (exercise.part, exercise.says) == ("halve", "Half of x.")
    (check,) = exercise.checks
    assert (check.name, check.says) == ("is_small", "The result is smaller than x.")
    assert Check(without_a_docstring).says == ""
