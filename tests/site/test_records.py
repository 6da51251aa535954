"""Records: what a run has proved, for as long as it holds.

What a page is made of is for test_page_sources.py, and the runs with --changed for test_changed.py.
"""

import subprocess

import jax
import pytest

from whiteboard.site.records import Run, read_record, write

PAGE = "docs/page.md"
CODE = "# Page\n\n```{.python}\nx = 1\n```\n\n```{.python continuation}\ny = x\n```\n"


def test_a_whole_run_is_recorded(project):
    page = project.write(PAGE, CODE)
    project.run().assert_outcomes(passed=3)
    record = read_record(page)
    assert record["passed"] is True
    assert record["jax"] == jax.__version__
    assert record["device"] == jax.devices()[0].device_kind
    assert record["commit"] is None
    assert 0 <= record["seconds"] < 5
    assert set(record) == {
        *("python", "jax", "flax", "device", "date", "commit", "seconds", "processor_seconds"),
        *("made_of", "passed"),
    }


@pytest.mark.parametrize("broken", ["x = 1 / 0", "print(1)"])
def test_a_failed_run_is_recorded_as_failed(project, broken):
    page = project.write(PAGE, CODE.replace("x = 1", broken))
    project.run()
    assert read_record(page)["passed"] is False


def test_a_page_that_leaves_jax_changed_has_not_passed(project):
    leak = "import jax\njax.config.update('jax_enable_x64', True)"
    page = project.write(PAGE, CODE.replace("x = 1", f"x = 1\n{leak}"))
    project.run()
    assert read_record(page)["passed"] is False


def test_a_run_in_part_leaves_the_record(project):
    page = project.write(PAGE, CODE)
    project.run("docs/", "-k", "block-1")
    assert read_record(page) is None
    project.run()
    before = read_record(page)
    project.run("docs/", "-k", "block-2")
    project.run(f"{PAGE}::block-1")
    assert read_record(page) == before


def test_a_rewritten_page_is_not_proved_yet(project):
    page = project.write(PAGE, CODE.replace("y = x", "print(x)"))
    project.run("docs/", "--update-outputs").assert_outcomes(passed=3)
    assert read_record(page) is None
    project.run()
    assert read_record(page)["passed"] is True


@pytest.mark.parametrize(("place", "holds"), [(PAGE, False), ("docs/other.md", True)])
def test_a_record_holds_while_its_sources_do(project, place, holds):
    for source in (PAGE, place):
        project.write(source, CODE)
    write(project.root, {PAGE: Run(1.5, True, 2.5)})
    assert read_record(project.root / PAGE)["seconds"] == 1.5
    assert read_record(project.root / PAGE)["processor_seconds"] == 2.5
    project.write(place, CODE + "\n")
    assert (read_record(project.root / PAGE) is not None) is holds


def test_a_run_of_what_has_changed_meanwhile_is_not_recorded(project):
    page = project.write(PAGE, CODE)
    write(project.root, {PAGE: Run(1.0, True)}, since=page.stat().st_mtime - 1)
    assert read_record(page) is None
    write(project.root, {PAGE: Run(1.0, True)}, since=page.stat().st_mtime + 1)
    assert read_record(page)["passed"] is True


def test_other_pages_records_stay(project):
    first, second = project.write("docs/a.md", CODE), project.write("docs/b.md", CODE)
    write(project.root, {"docs/a.md": Run(1.0, True)})
    write(project.root, {"docs/b.md": Run(2.0, False)})
    assert read_record(first)["passed"] is True
    assert read_record(second)["passed"] is False
    written = sorted(path.name for path in (project.root / ".cache").rglob("*.*"))
    assert written == ["a.json", "b.json"]


def test_processes_that_share_the_pages_record_them_all(project):
    pages = [project.write(f"docs/p{number}.md", CODE) for number in range(4)]
    project.run("docs/", "-n", "2", "--dist", "loadfile").assert_outcomes(passed=12)
    assert [read_record(page)["passed"] for page in pages] == [True] * 4


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", "\x00"])
def test_a_broken_record_means_none(project, text):
    page = project.write(PAGE, CODE)
    project.write(".cache/runs/docs/page.json", text)
    assert read_record(page) is None
    write(project.root, {PAGE: Run(1.0, True)})
    assert read_record(page)["passed"] is True


def test_a_page_outside_docs_has_no_record(tmp_path):
    with pytest.raises(ValueError, match="wanted a page under docs/"):
        read_record(tmp_path / "page.md")


def test_the_commit_is_recorded_and_whether_it_is_what_ran(project):
    page = project.write(PAGE, CODE)

    def git(*args):
        names = ("-c", "user.name=n", "-c", "user.email=e@x")
        done = subprocess.run(
            ["git", *names, *args], cwd=project.root, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    git("init", "-q")
    git("add", PAGE)
    git("commit", "-qm", "m")
    write(project.root, {PAGE: Run(1.0, True)})
    assert read_record(page)["commit"] == git("rev-parse", "--short=12", "HEAD")
    page.write_text(CODE + "\n")
    write(project.root, {PAGE: Run(1.0, True)})
    assert read_record(page)["commit"].endswith("-dirty")
