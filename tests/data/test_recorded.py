"""The records that ship with the package, and what `benchmarks/_record.py` says of their making."""

import importlib
import json
import subprocess
from pathlib import Path

import pytest

from whiteboard.data import record

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))


@pytest.fixture
def writer(tmp_path, monkeypatch):
    """The module that writes records, in a repository of its own with nothing changed."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    module = importlib.import_module("_record")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "RESULTS", tmp_path / module.RESULTS.relative_to(ROOT))
    module.RESULTS.mkdir(parents=True)
    (tmp_path / "benchmarks").mkdir()
    for place in ("src/code.py", "benchmarks/lm.py"):
        (tmp_path / place).write_text("x = 1")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *names, *command], cwd=tmp_path, check=True)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_each_benchmark_has_a_record_with_its_date_and_machine(name):
    found = record(name)
    assert found["results"]
    assert found["machine"]["processor"]
    assert found["date"] >= "2026"


def test_no_record_is_without_its_benchmark():
    stored = {path.stem for path in (ROOT / "src/whiteboard/data/results").glob("*.json")}
    assert stored == set(NAMES)


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(ValueError, match=r"wanted the record of one of .*bpe, .*; got 'bp'"):
        record("bp")


def test_what_is_changed_in_a_record_is_the_readers_own():
    record("lm").clear()
    assert record("lm")


def test_a_record_that_was_just_written_is_no_change_of_the_code(writer):
    for name in ("lm", "bpe"):
        assert (
            json.loads(writer.record(name, {}, packages=()).read_text())["changed_since_commit"]
            is False
        )


@pytest.mark.parametrize("place", ["src/code.py", "src/new.py", "benchmarks/lm.py"])
def test_a_record_says_that_the_code_was_changed(writer, place):
    (writer.ROOT / place).write_text("x = 2")
    assert json.loads(writer.record("lm", {}, packages=()).read_text())["changed_since_commit"]


def test_part_of_a_job_adds_to_what_is_recorded(writer):
    assert writer.recorded("lm") == {}
    writer.record("lm", {"runs": 1}, packages=())
    assert writer.recorded("lm") == {"runs": 1}
