"""The registry, and a page's front matter: what is read, and what a mistake in it is told."""

import re

import good_page
import pytest

from whiteboard.practice import exercises
from whiteboard.site.pages import PageError, all_pages, prose_lines, registry

GOOD = good_page.good([v.name for exercise in exercises(1) for v in exercise.variants])


def test_the_registry_has_51_questions_in_6_sections():
    sections, questions = registry().sections, registry().questions
    assert [q.number for q in questions] == list(range(1, 52))
    assert [(s.first, s.last) for s in sections] == [
        (1, 13),
        (14, 21),
        (22, 28),
        (29, 37),
        (38, 45),
        (46, 51),
    ]
    assert {s.week for s in sections} == {1, 2, 3, 4}
    assert len({q.slug for q in questions}) == len({q.title for q in questions}) == 51
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", q.slug) for q in questions)
    assert all(q.title.strip() and q.levels for q in questions)
    assert registry().question(2).page == "architecture/q02-kv-cache.md"
    with pytest.raises(KeyError, match="no question 52: the registry has 1 to 51"):
        registry().question(52)


def test_a_page_and_its_parts(tmp_path):
    page = good_page.write(tmp_path, GOOD)
    assert (page.number, page.section) == (1, "architecture")
    assert (page.slug, page.title) == ("scaled-dot-product-attention", registry().question(1).title)
    assert page.root == tmp_path
    lines = GOOD.splitlines()
    assert lines[page.body_line - 2] == "---"
    assert [lines[part.line - 1] for part in page.parts] == [f"## {p.heading}" for p in page.parts]
    short = next(part for part in page.parts if part.heading == "In 30 seconds")
    assert short.text.strip().startswith("The dot product of two random vectors")
    assert short.text.strip().endswith("nearly zero.")


def test_all_pages_are_found_by_number(tmp_path):
    good_page.write(tmp_path, GOOD)
    (tmp_path / "docs/architecture/index.md").write_text("# Not a question\n")
    (page,) = all_pages(tmp_path / "docs")
    assert page.number == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\nnumber", "number", "start the page with front matter"),
        ("tags: [attention, softmax]", "tags: [", "YAML line"),
        ("week: 1", "week: 1\nweek: 2", "YAML line 5: key `week` stands twice"),
        ("week: 1\n", "", "front matter `week`: missing"),
        ("week: 1", "weak: 1\nweek: 1", "front matter `weak`: unknown; the keys are cards, claims"),
        ("week: 1", "week: 2", "`week`: wanted 1 as in questions.yaml, got 2"),
        ("levels: [junior, mid, senior]", "levels: [boss]", "`levels`: wanted ['junior', 'mid'"),
        ("section: architecture", "section: retrieval", "`section`: wanted 'architecture'"),
        ("number: 1", "number: 77", "`number`: no question 77"),
        ("number: 1", "number: 3", "question 3 belongs in docs/architecture/q03-byte-pair-enc"),
        ("tags: [attention, softmax]", "tags: [a, a]", "`tags`: wanted a list of one or more diff"),
        ("week: 1", "week: 1\ndescription: 3", "`description`: wanted a sentence, got 3"),
        ("back: ", "beck: ", "`cards`: card 1: wanted the keys front and back"),
        ('front: "By what?"', 'front: " "', "`cards`: card 2: both sides want text"),
        ('  - {front: "Why', '  # - {front: "Why', "`cards`: wanted a list of two or more"),
    ],
)
def test_a_mistake_in_the_front_matter_names_file_and_key(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(PageError) as error:
        good_page.write(tmp_path, GOOD.replace(old, new, 1))
    assert message in str(error.value)
    assert all(p.startswith("q01-scaled-dot-product-attention.md: ") for p in error.value.problems)


def test_fences_are_not_prose_wherever_they_stand():
    nested = "    ````{.text}\n    ```\n    # no\n    ````"
    text = f"one\n```python\n# no\n```\n{nested}\ntwo\n~~~\n# no\n~~~"
    assert list(prose_lines(text, 5)) == [(5, "one"), (13, "two")]
