"""`make new PAGE=22`: what it begins runs, and the contract says what is left to write."""

import importlib
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest

import whiteboard.adaptation
from whiteboard import figures, practice
from whiteboard.site import contract, guards, new_page
from whiteboard.site.fences import parse_fences
from whiteboard.site.front_matter import split
from whiteboard.site.pages import load_page, registry
from whiteboard.site.runner import PageRun

ROOT = Path(__file__).parents[2]
NUMBER = 22
NOUN = "begun_here"


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A project with a page just begun, whose modules are importable."""
    for name in ("mkdocs.yml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf8"))
    (tmp_path / "src/whiteboard").mkdir(parents=True)
    (tmp_path / "src/whiteboard/__init__.py").touch()
    places = new_page.write(NUMBER, NOUN, tmp_path)
    before = set(sys.modules)
    for package in (practice, whiteboard.adaptation):
        folder = tmp_path / "src" / package.__name__.replace(".", "/")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield tmp_path, places
    for name in set(sys.modules) - before:
        if NOUN in name or "q22" in name:
            del sys.modules[name]


def test_it_begins_every_file_that_the_contract_wants(begun):
    root, places = begun
    page = load_page(root / places[0])
    found = contract.problems(page)
    assert [p for p in found if "is still to be written" not in p and "words" not in p] == []
    assert len([p for p in found if "is still to be written" in p]) > 20
    assert not any("write src/" in p or "write snippets/" in p for p in found)
    assert guards.page_problems(page.path, root) == []


def test_what_it_begins_runs(begun):
    root, places = begun
    exercises = practice.exercises(NUMBER)
    assert practice.judge(NUMBER, exercises[0].right).passed
    for variant in exercises[0].variants:
        report = practice.judge(NUMBER, variant.function)
        assert {failure.check for failure in report.failures} == variant.caught_by
    module = importlib.import_module(f"whiteboard.adaptation.{NOUN}")
    assert getattr(module, NOUN)(jnp.array(3.0)) == 6
    blocks = [b for b in parse_fences((root / places[0]).read_text("utf8"), root) if b.runs]
    run = PageRun(root / places[0], root, blocks)
    run.run()
    assert run.printed[blocks[0].line] == "[0. 2. 4.]\n"
    assert "looks like unchanged" in run.printed[blocks[-1].line]
    assert run.close() == []
    assert figures.draw(root / places[-1]).startswith("<svg")


def test_it_passes_the_projects_own_lint(begun):
    root, places = begun
    files = [str(root / place) for place in places if place.endswith(".py")]
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, *files]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_nothing_is_written_over(tmp_path):
    there = tmp_path / "tests/adaptation/test_begun_here.py"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(FileExistsError, match=r"test_begun_here\.py: already there"):
        new_page.write(NUMBER, NOUN, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [there]
    assert there.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["52"], "make new: no question 52"), (["22", "--noun", "A-B"], "make new: wanted a noun")],
)
def test_what_cannot_be_begun_says_why(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=says):
        new_page.main(arguments)
    assert list(tmp_path.iterdir()) == []


def test_the_places_and_what_comes_next_are_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    new_page.main([str(NUMBER)])
    printed = capsys.readouterr().out
    assert f"wrote docs/{registry().question(NUMBER).page}\n" in printed
    assert "make page PAGE=22" in printed


def test_every_question_can_be_begun():
    for question in registry().questions:
        files = new_page.skeleton(question, "noun")
        assert len(files) == len(new_page.PLACES)
        split(next(iter(files.values())))  # no title breaks the front matter


def test_no_file_of_the_project_is_left_as_it_was_begun():
    folders = ("src/whiteboard", "snippets", "tests", "docs")
    files = [p for f in folders for p in (ROOT / f).rglob("*") if p.suffix in {".py", ".md"}]
    own = {Path(__file__), Path(new_page.__file__), Path(contract.__file__)}
    left = [p for p in files if p not in own and contract.UNWRITTEN.search(p.read_text("utf8"))]
    assert left == [], f"still to be written: {left}"
