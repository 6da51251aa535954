"""Every exercise: the right one passes, and each wrong one is refused by the checks it names."""

import inspect

import pytest

from whiteboard import practice

EXERCISES = [(q, e) for q in practice.exercised() for e in practice.exercises(q)]
VARIANTS = [(q, e, v) for q, e in EXERCISES for v in e.variants]
every_exercise = pytest.mark.parametrize(
    ("question", "exercise"), EXERCISES, ids=[f"q{q:02d}-{e.part}" for q, e in EXERCISES]
)


@every_exercise
def test_the_right_implementation_passes(question, exercise):
    report = practice.judge(question, exercise.right, exercise.part)
    assert report.passed, str(report)
    assert report.looks_like is None


@pytest.mark.parametrize(
    ("question", "exercise", "mistake"),
    VARIANTS,
    ids=[f"q{q:02d}-{v.name}" for q, _, v in VARIANTS],
)
def test_a_wrong_variant_is_refused_by_exactly_its_checks_and_named(question, exercise, mistake):
    report = practice.judge(question, mistake.function, exercise.part)
    assert not [f for f in report.failures if f.crashed], f"it crashes:\n{report}"
    assert {f.check for f in report.failures} == mistake.caught_by, str(report)
    assert mistake.caught_by, "no check refuses it"
    assert report.looks_like == mistake.name, str(report)
    assert all(len(line) <= 100 for line in str(report).splitlines()), str(report)


@every_exercise
def test_every_check_refuses_a_variant_and_says_what_must_hold(question, exercise):
    names = [c.name for c in exercise.checks]
    assert len(set(names)) == len(names)
    idle = set(names) - {name for v in exercise.variants for name in v.caught_by}
    assert not idle, f"no wrong variant is refused by {sorted(idle)}"
    assert all(c.says.endswith(".") for c in exercise.checks)


@every_exercise
def test_a_stub_runs_and_has_the_signature_of_the_right_one(question, exercise):
    namespace: dict = {}
    text = "from __future__ import annotations\n" + practice.stub(exercise.right)
    exec(compile(text, "stub.py", "exec"), namespace)
    blank, right = namespace[exercise.part], inspect.unwrap(exercise.right)
    assert str(inspect.signature(blank)) == str(inspect.signature(right))
    assert inspect.getdoc(blank) == inspect.getdoc(right)
    report = practice.judge(question, blank, exercise.part)
    assert {f.check for f in report.failures} == {c.name for c in exercise.checks}
    assert report.looks_like is None


@pytest.mark.parametrize("question", practice.exercised())
def test_names_of_variants_are_unique_in_a_question(question):
    names = [v.name for e in practice.exercises(question) for v in e.variants]
    assert len(set(names)) == len(names)
    assert all(practice.variant(question, name) for name in names)
