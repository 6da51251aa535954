"""The pages, their programs and their sections are those of the registry."""

import re

import pytest
from source_tree import HERE

from whiteboard.site.pages import LEVELS, all_pages, registry

DOCS = HERE.root / "docs"
SECTIONS = [section.name for section in registry().sections]


def test_pages_are_those_of_the_registry():
    places = {question.page for question in registry().questions}
    found = [p.relative_to(DOCS).as_posix() for p in DOCS.rglob("q[0-9]*.md")]
    assert set(found) <= places, f"not in questions.yaml: {set(found) - places}"
    assert len(all_pages(DOCS)) == len(found)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_an_index_that_lists_its_questions(section):
    index = (DOCS / section / "index.md").read_text("utf8")
    assert f"<!-- questions: section={section} -->" in index


def test_exercises_and_programs_belong_to_a_page():
    pages = [path.stem for path in DOCS.rglob("*.md")]
    starts = tuple((s[:3] if re.match(r"q\d\d-", s) else s.replace("-", "_")) + "_" for s in pages)
    rooms = [path.parent for path in (HERE.package / "practice").glob("*/__init__.py")]
    named = [*rooms, *(HERE.root / "snippets").rglob("*.py")]
    orphans = [
        path.relative_to(HERE.root).as_posix()
        for path in named
        if not f"{path.stem}_".startswith(starts)
    ]
    assert not orphans, f"no page has these: name them after a page, or remove: {orphans}"


def test_home_and_questions_say_what_the_registry_says() -> None:
    home = (DOCS / "index.md").read_text("utf8")
    everything = (DOCS / "questions.md").read_text("utf8")
    for section in registry().sections:
        assert f"- [{section.title}]({section.name}/index.md)" in home
        assert f"Questions {section.first} to {section.last}<" in home
        assert f"## {section.title}\n\n<!-- questions: section={section.name} -->" in everything
        index = (DOCS / section.name / "index.md").read_text("utf8")
        assert index.startswith(f"# {section.title}\n")
        assert f"<!-- questions: section={section.name} -->" in index


def test_levels_and_plan_have_a_part_for_each() -> None:
    levels = (DOCS / "prepare/levels.md").read_text("utf8")
    plan = (DOCS / "prepare/plan.md").read_text("utf8")
    for level in LEVELS:
        assert f"{{ #{level} }}" in levels
        assert f"<!-- questions: level={level} -->" in levels
    for week in {section.week for section in registry().sections}:
        assert f"{{ #week-{week} }}" in plan
        assert f"<!-- questions: week={week} -->" in plan
