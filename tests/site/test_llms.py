"""What programs read: llms.txt, and Markdown with its includes."""

from __future__ import annotations

from pathlib import Path

from whiteboard.site import llms
from whiteboard.site.pages import Page

ROOT = Path(__file__).parents[2]


DOCS = ROOT / "docs"


def a_page(tmp_path: Path) -> Page:
    path = tmp_path / "docs/architecture/q02-kv-cache.md"
    body = "# T\n\n## In 30 seconds\n\nIt holds keys. And values.\n\n## Next\n"
    return Page(path, {"number": 2, "section": "architecture"}, body, 1)


def test_llms_txt_lists_pages_with_their_first_sentence(tmp_path: Path) -> None:
    text = llms.llms_txt([a_page(tmp_path)], "Name", "About.", "https://example.org/x/")
    place = "https://example.org/x/architecture/q02-kv-cache.md"
    assert text.startswith("# Name\n\n> About.\n\n## Architecture and training\n")
    assert f"- [2. T]({place}): It holds keys.\n" in text
    assert "## Retrieval" not in text


def test_llms_txt_names_other_pages_that_exist() -> None:
    for place in llms.OTHERS:
        assert (DOCS / f"{place}.md").exists(), place


def test_markdown_for_programs_has_its_includes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\ny = 2\n")
    text = llms.with_includes('---\nnumber: 2\n---\n--8<-- "a.py:part"\n', tmp_path)
    assert text == "---\nnumber: 2\n---\nx = 1\n"
