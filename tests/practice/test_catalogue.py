"""Exercises are found by question, part and variant."""

import pytest

from whiteboard import practice


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


def test_questions_are_those_of_the_registry():
    from whiteboard.practice.catalogue import QUESTIONS
    from whiteboard.site.pages import registry

    assert {q.number for q in registry().questions} == set(range(1, QUESTIONS + 1))
