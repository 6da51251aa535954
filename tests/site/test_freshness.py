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
    (tmp_path / "docs" / PLACE).write_text("# Page\n\n```python\nimport whiteboard.code\n```\n")
    (tmp_path / "src/whiteboard/code.py").write_text("x = 1\n")
    return tmp_path


def foot(root: Path, markdown: str = "# Page\n\n```python\nx = 1\n```\n") -> str:
    file = SimpleNamespace(src_uri=PLACE, abs_src_path=str(root / "docs" / PLACE))
    return freshness.add("<p>End.</p>", page=SimpleNamespace(markdown=markdown, file=file))


def write(root: Path, seconds: float = 2.345, passed: bool = True) -> dict[str, object]:
    records.write(root, {f"docs/{PLACE}": records.Run(seconds, passed)})
    path = (root / ".cache/runs/docs" / PLACE).with_suffix(".json")
    written: dict[str, object] = json.loads(path.read_text())
    return written


def test_the_foot_says_what_the_record_says(root: Path) -> None:
    record = write(root)
    text = foot(root)
    assert text.startswith("<p>End.</p>\n")
    assert "ran in 2.3 s" in text
    for key in ("jax", "flax", "python", "device", "date"):
        assert str(record[key]) in text
    assert 'data-run-state="proved"' in text


def test_the_commit_is_left_out_without_git(root: Path) -> None:
    write(root)
    assert "commit" not in foot(root)


@pytest.mark.parametrize("changed", [f"docs/{PLACE}", "src/whiteboard/code.py"])
def test_a_page_not_run_as_it_stands_says_so(root: Path, changed: str) -> None:
    assert f"Not run in this build: <code>pytest docs/{PLACE}</code>" in foot(root)
    write(root)
    with (root / changed).open("a") as file:
        file.write("# Changed\n")
    text = foot(root)
    assert 'data-run-state="not-run"' in text
    assert not re.search(r"jax|\d s\b", text)


def test_a_failed_run_is_not_shown_as_proof(root: Path) -> None:
    write(root, passed=False)
    assert 'data-run-state="failed"' in foot(root)


def test_a_page_that_runs_nothing_has_no_foot(root: Path) -> None:
    for text in ("# Page", "```{.python notest}\nx = 1\n```\n", "```bash\npython x.py\n```\n"):
        assert foot(root, text) == "<p>End.</p>"
    assert (
        foot(root, '=== "A"\n\n    ```{.python continuation}\n    x = 1\n    ```\n')
        != "<p>End.</p>"
    )
