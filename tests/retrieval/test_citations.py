"""Quotations against passages: by hand, and with text made to break the reading of them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.retrieval.citations import citation_problems, quotations, stands_in

PASSAGES = ['It is unsafe to call "f" [2] twice.', "The else clause runs\n   when no break did."]
hostile = st.text(alphabet='"[]123 ab.\n', max_size=60)


def test_a_whole_answer_passes():
    answer = '"The else clause runs when no break did." [2]'
    assert citation_problems(answer, PASSAGES) == []
    assert quotations(answer)[0][0].citations == (1,)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("No quotation at all.", "got no quotation"),
        ('"The else clause runs always." [2]', "stands in none"),
        ('"The else clause runs" [1]', r"stands in \[2\]"),
        ('"The else clause runs" [3]', "there are passages 1 to 2"),
        ('"The else clause runs" [0]', "there are passages 1 to 2"),
        ('"else clause" [2]', "wanted 3 words"),
        ('". . . ." [2]', "wanted 3 words"),
        ('"safe to call" [1]', "stands in none"),
        ('Surely "The else clause runs" [2]', "not quoted: 'Surely'"),
    ],
)
def test_each_problem_is_named(answer, problem):
    (found,) = citation_problems(answer, PASSAGES)
    assert re.search(problem, found)


def test_a_quotation_may_hold_marks_and_numbers_of_its_passage():
    answer = '"It is unsafe to call "f"" [1]'
    assert citation_problems(answer, PASSAGES) == []


def test_part_of_a_word_is_no_word():
    assert stands_in("safe to call", "It is not safe to call.")  # what no quotation check can see
    assert not stands_in("safe to call", "It is unsafe to call.")
    assert not stands_in("", "anything")
    assert not stands_in(" \n", "anything")


@given(hostile, st.lists(hostile, max_size=3))
def test_what_passes_is_quoted_word_for_word(answer, passages):
    found, rest = quotations(answer)
    problems = citation_problems(answer, passages)
    if not problems:
        assert found
        assert not rest
        for each in found:
            words = re.findall(r"\w+|[^\w\s]", each.text)
            there = re.findall(r"\w+|[^\w\s]", passages[each.citations[0]])
            places = range(len(there) - len(words) + 1)
            assert any(there[at : at + len(words)] == words for at in places)


@given(hostile)
def test_nothing_of_an_answer_is_lost(answer):
    found, rest = quotations(answer)
    kept = sum(len(each.text) for each in found) + len(rest)
    frames = sum(len(str(each.citations[0] + 1)) + 5 for each in found)  # marks, space, brackets
    blank = len(answer) - len("".join(answer.split()))
    assert len(answer) - frames - blank - len(found) <= kept <= len(answer)


@pytest.mark.parametrize("unit", ['"', '" [1]', '"[', "a ", '" ['])
def test_a_long_hostile_answer_is_read(unit):
    begun = time.process_time()
    quotations(unit * (400_000 // len(unit)))
    assert time.process_time() - begun < 20  # in quadratic time: hours
