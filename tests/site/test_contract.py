"""A page that keeps the contract has no problem; each breach has a message that says the mend."""

import good_page
import pytest

from whiteboard.practice import exercises
from whiteboard.site.contract import PARTS, problems

VARIANTS = [v.name for exercise in exercises(1) for v in exercise.variants]
GOOD = good_page.good(VARIANTS)


def test_a_good_page_has_no_problem(tmp_path):
    assert problems(good_page.write(tmp_path, GOOD)) == []


BREACHES = [
    ("# Why is attention divided", "# Why attention is divided", "write `# Why is attention div"),
    ("## The question\n", "## A question\n", "`## A question` is no part of a page"),
    ("## The question\n", "## A question\n", "write `## The question` once; it stands 0 times"),
    ("## In code\n", "## The numbers\n\n## In code\n", "`## The numbers` once; it stands 2 times"),
    ("The softmax of such\n", "The softmax of such\n" + "very " * 90, "at most 90"),
    ("Engines fuse", "and " * 1000 + "fuse", "wanted 600 to 1,500"),
    (good_page.FILLER, "", "wanted 600 to 1,500"),
    ("### Something else", "**Something else**", "write two or more famous bugs"),
    ("{ #bug-" + VARIANTS[1].replace("_", "-"), "{ #bug-none-such", "end it in { #bug-name }"),
    (
        f'"{VARIANTS[1]}")))',
        f'"{VARIANTS[0]}")))',
        "show the check that catches it: print(judge(1,",
    ),
    ("![The entropy of the weights falls", "[The entropy of the weights falls", "draw a figure in"),
    ("![The entropy of the weights falls as the head widens.]", "![Entropy]", "say in words"),
    ("figure:q01_figure_entropy", "figure:q01_figure_other", "write snippets/architecture/q01_fig"),
    ("figure:q01_figure_entropy", "figure:q01_figure_other", "q01_figure_entropy.py is drawn nowh"),
    ("<!-- claims -->", "", "once, inside The numbers; it stands 0 times"),
    ("<!-- claims -->", "<!-- claims --> <!-- claims -->", "it stands 2 times"),
    ('??? question "Does', '!!! note "Does', "fold two or more follow-ups"),
    ("](question:9)", "](https://example.org)", "link a follow-up to another page"),
    ("{ #src-qknorm }", "", "write it in one line that ends in { #src-name }"),
    ("arXiv 2010.04245", "a paper", "give its arXiv number, RFC, revision or URL"),
    ("- Henry", "Henry", "list two or more primary sources"),
    ("{ #src-attention }", "{ #src-vaswani }", "add an item of Sources that ends in { #src-attent"),
    ("{.text .output ", "{.text ", "In code wants a block that prints"),
    ('--8<-- "src/whiteboard/architecture/attention.py"', '--8<-- "src/none.py"', "src/none.py"),
    ("value: 0.90", "value: 0.90, tolerance: 1", "claim q01-c6: check 1: `tolerance` 1 is looser"),
    ("and 31 ms", "and 32 ms", "nothing shows the number 32 ms"),
]


@pytest.mark.parametrize(("old", "new", "message"), BREACHES)
def test_a_breach_has_a_message(tmp_path, old, new, message):
    assert old in GOOD
    broken = GOOD.replace(old, new) if old == good_page.FILLER else GOOD.replace(old, new, 1)
    try:
        found = problems(good_page.write(tmp_path, broken))
    except ValueError as error:
        found = [str(error)]
    assert any(message in problem for problem in found), found


def test_parts_out_of_order(tmp_path):
    code, numbers = GOOD.index("## In code"), GOOD.index("## The numbers")
    bugs = GOOD.index("## Famous bugs")
    swapped = GOOD[:code] + GOOD[numbers:bugs] + GOOD[code:numbers] + GOOD[bugs:]
    found = problems(good_page.write(tmp_path, swapped))
    assert found == [f"put the parts in this order: {', '.join(PARTS)}"]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("tests/architecture/test_attention.py", "write tests/architecture/test_attention.py"),
        ("snippets/architecture/q01_figure_entropy.py", "figure q01_figure_entropy: write"),
    ],
)
def test_a_missing_file_is_asked_for(tmp_path, missing, message):
    page = good_page.write(tmp_path, GOOD)
    (tmp_path / missing).unlink()
    (problem,) = problems(page)
    assert message in problem


def test_a_missing_exercise_is_asked_for(tmp_path, monkeypatch):
    def none(question):
        raise LookupError(f"question {question} has no exercise yet")

    monkeypatch.setattr("whiteboard.site.contract.exercises", none)
    found = problems(good_page.write(tmp_path, GOOD))
    assert any("write the exercise: src/whiteboard/practice/q01" in problem for problem in found)


def test_a_program_that_no_page_shows_is_named(tmp_path):
    extra = {"snippets/architecture/q01_more.py": "", "snippets/architecture/q01_figure_b.py": ""}
    page = good_page.write(tmp_path, GOOD, {**good_page.FILES, **extra})
    assert problems(page) == [
        "snippets/architecture/q01_figure_b.py is drawn nowhere: ![...](figure:q01_figure_b)",
        "snippets/architecture/q01_more.py is shown nowhere: "
        '--8<-- "snippets/architecture/q01_more.py"',
    ]


def test_pytest_docs_turns_red_on_a_breach(project):
    good_page.write(project.root, GOOD)
    project.run("docs/", "-k", "contract").assert_outcomes(passed=1, deselected=9)
    project.write(good_page.NAME, GOOD.replace("and 31 ms", "and 37 ms"))
    result = project.run("docs/", "-k", "contract")
    result.assert_outcomes(failed=1, deselected=9)
    result.stdout.fnmatch_lines(["*nothing shows the number 37 ms: print it in a block*"])
