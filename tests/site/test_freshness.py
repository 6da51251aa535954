import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from whiteboard.site import freshness, records

PLACE = "architecture/q01-page.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("docs/architecture", "src/whiteboard"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs" / PLACE).write_text("# Page\n")
    (tmp_path / "src/whiteboard/code.py").write_text("x = 1\n")
    return tmp_path


def foot(root: Path, meta: dict[str, int]) -> str:
    file = SimpleNamespace(src_uri=PLACE, abs_src_path=str(root / "docs" / PLACE))
    return freshness.add("<p>End.</p>", page=SimpleNamespace(meta=meta, file=file))


def write(root: Path, seconds: float = 2.345, passed: bool = True) -> dict[str, object]:
    records.write(root, {f"docs/{PLACE}": records.Run(seconds, passed)})
    path = (root / ".cache/runs/docs" / PLACE).with_suffix(".json")
    written: dict[str, object] = json.loads(path.read_text())
    return written


def test_the_foot_says_what_the_record_says(root: Path) -> None:
    record = write(root)
    text = foot(root, {"number": 1})
    assert text.startswith("<p>End.</p>\n")
    assert "ran in 2.3 s" in text
    for key in ("jax", "flax", "python", "device", "date"):
        assert str(record[key]) in text
    assert 'data-run-state="proved"' in text


def test_the_commit_is_left_out_without_git(root: Path) -> None:
    write(root)
    assert "commit" not in foot(root, {"number": 1})


@pytest.mark.parametrize("changed", [f"docs/{PLACE}", "src/whiteboard/code.py"])
def test_a_page_not_run_as_it_stands_says_so(root: Path, changed: str) -> None:
    assert f"Not run in this build: <code>pytest docs/{PLACE}</code>" in foot(root, {"number": 1})
    write(root)
    (root / changed).write_text("# Changed\n")
    text = foot(root, {"number": 1})
    assert 'data-run-state="not-run"' in text
    assert not re.search(r"jax|\d s\b", text)


def test_a_failed_run_is_not_shown_as_proof(root: Path) -> None:
    write(root, passed=False)
    assert 'data-run-state="failed"' in foot(root, {"number": 1})


def test_other_pages_have_no_foot(root: Path) -> None:
    assert foot(root, {}) == "<p>End.</p>"
