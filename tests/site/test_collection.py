"""What is collected: the pages by the option of pytest-markdown-docs, each parsed once."""

import re
from pathlib import Path

from whiteboard.site import page_items

ROOT = Path(__file__).parents[2]
PAGE = "# Page\n\n```{.python}\nx = 1\n```\n\n```{.python continuation}\ny = x\n```\n"


def test_blocks_carry_the_plugins_marker(project):
    project.write("docs/page.md", PAGE)
    project.run("docs/", "-m", "markdown-docs").assert_outcomes(passed=2, deselected=1)


def test_without_the_plugins_option_no_page_is_collected(project):
    project.write("docs/page.md", PAGE)
    project.pytester.makeini("[pytest]\naddopts = -p whiteboard.site.pytest_plugin\n")
    project.run().assert_outcomes()


def test_both_syntaxes_are_read(project):
    project.write("docs/page.md", PAGE.replace("{.python}", "python"))
    project.run().assert_outcomes(passed=3)


def test_a_page_is_parsed_once_to_be_collected(project, monkeypatch):
    parsed = []
    monkeypatch.setattr(page_items, "parse_fences", lambda *a: parsed.append(a) or [])
    project.write("docs/page.md", PAGE)
    project.run("docs/", "--collect-only")
    assert len(parsed) == 1


def test_the_plugin_is_used_by_its_options_alone():
    sources = [path.read_text("utf8") for path in (ROOT / "src/whiteboard/site").glob("*.py")]
    found = [line for text in sources for line in text.splitlines()]
    imported = [line for line in found if re.match(r"\s*(from|import) pytest_markdown_docs", line)]
    assert imported == []
