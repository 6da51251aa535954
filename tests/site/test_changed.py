"""`pytest docs/ --changed` runs what has changed, and says what it has left out."""

import pytest

CODE = "# Page\n\n```{.python}\nimport parts.one\nx = parts.one.x\n```\n"
PLAIN = "# Page\n\nNo code.\n"


@pytest.fixture
def pages(project):
    project.write("src/parts/one.py", "x = 1\n")
    project.write("src/parts/two.py", "x = 1\n")
    project.write("conftest.py", f"import sys\nsys.path.insert(0, {str(project.root / 'src')!r})\n")
    project.write("snippets/two.py", "import parts.two\n")
    project.write("docs/one.md", CODE)
    shown = '```{.python continuation title="snippets/two.py"}\n--8<-- "snippets/two.py"\n```\n'
    project.write("docs/two.md", CODE.replace("one", "two") + "\n" + shown)
    project.write("docs/three.md", PLAIN)
    return project


def test_all_run_the_first_time_and_nothing_the_second(pages):
    first = pages.run("docs/", "--changed")
    first.assert_outcomes(passed=7)
    first.stdout.fnmatch_lines(["docs/one.md: has no record of a whole run"])
    second = pages.run("docs/", "--changed")
    second.assert_outcomes()
    assert second.ret == 0
    second.stdout.fnmatch_lines(
        ["Not run: 3 pages and 1 programs that passed*without --changed all run"]
    )


def test_without_the_option_all_run(pages):
    pages.run().assert_outcomes(passed=7)
    again = pages.run()
    again.assert_outcomes(passed=7)
    again.stdout.no_fnmatch_line("Not run: *")


@pytest.mark.parametrize(
    ("changed", "passed"),
    [
        ("src/parts/one.py", 2),
        ("src/parts/two.py", 4),
        ("docs/three.md", 1),
        ("mkdocs.yml", 7),
        ("README.md", 0),
    ],
)
def test_only_what_stands_on_the_change_runs(pages, changed, passed):
    pages.run()
    with (pages.root / changed).open("a") as file:
        file.write("\n")
    result = pages.run("docs/", "--changed")
    result.assert_outcomes(passed=passed)
    if passed:
        result.stdout.fnmatch_lines([f"*changed since its last run: {changed}"])


def test_what_failed_runs_again(pages):
    pages.write("docs/one.md", CODE + "\n```{.python continuation}\n1 / 0\n```\n")
    pages.run().assert_outcomes(passed=7, failed=1)
    result = pages.run("docs/", "--changed")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["docs/one.md: failed at its last run"])


def test_it_says_so_when_two_processes_share_the_pages(pages):
    two = ("-n", "2", "--dist", "loadfile")
    pages.run("docs/", "--changed", *two).assert_outcomes(passed=7)
    with (pages.root / "src/parts/one.py").open("a") as file:
        file.write("\n")
    some = pages.run("docs/", "--changed", *two)
    some.assert_outcomes(passed=2)
    some.stdout.fnmatch_lines(
        [
            "docs/one.md: changed since its last run: src/parts/one.py",
            "Not run: 2 pages and 1 programs*",
        ]
    )
    none = pages.run("docs/", "--changed", *two)
    none.assert_outcomes()
    assert none.ret == 0
    none.stdout.fnmatch_lines(["Not run: 3 pages and 1 programs*"])


def test_nothing_to_run_is_still_an_error_without_records(project):
    project.write("docs/nothing.txt", "")
    assert project.run("docs/", "--changed").ret == pytest.ExitCode.NO_TESTS_COLLECTED
