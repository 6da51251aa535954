"""`pytest docs/`: what it collects, and `--update-outputs`."""

import re
from pathlib import Path
from types import SimpleNamespace

from whiteboard.site import page_items
from whiteboard.site.pytest_plugin import Pages

PAGE = "docs/page.md"


def page(*parts):
    """A page of blocks; a part starting with `>` is the output of the block above."""
    text, first = ["# Page"], True
    for part in parts:
        if part.startswith(">"):
            text.append(f'```{{.text .output title="Output"}}\n{part[1:]}\n```')
        else:
            text.append(f"```{{.python{'' if first else ' continuation'}}}\n{part}\n```")
            first = False
    return "\n\n".join(text) + "\n"


def test_outputs_are_rewritten_in_place(project):
    folded = "!!! note\n\n    ```{.python continuation}\n    print(2)\n    ```\n\n"
    folded += '    ```{.text .output title="Output"}\n    old\n    text\n    ```\n'
    path = project.write(PAGE, page("print('took 3 s')", ">took ... s", "print(1)") + "\n" + folded)
    project.run("docs/", "--update-outputs").assert_outcomes(passed=4)
    project.run().assert_outcomes(passed=4)
    text = path.read_text()
    assert "took ... s" in text
    assert '    ```{.text .output title="Output"}\n    2\n    ```\n' in text
    project.run("docs/", "--update-outputs").assert_outcomes(passed=4)
    assert path.read_text() == text


def test_no_program_is_imported_for_its_docstrings(project):
    program = 'open("ran.txt", "w")\n"""\n```python\n1 / 0\n```\n"""\n'
    project.write("docs/labs/lab.py", program)
    project.write("tests/helper.py", program)
    project.write(PAGE, page("x = 1"))
    project.run("docs/", "tests/").assert_outcomes(passed=2)
    assert not project.root.joinpath("ran.txt").exists()


def test_only_the_docs_folder_is_collected_as_pages(tmp_path):
    pages = Pages(SimpleNamespace(rootpath=tmp_path))
    for folder in ("tests", "docs/architecture", "other/docs"):
        assert pages.pytest_collect_directory(tmp_path / folder, None) is None


ROOT = Path(__file__).parents[2]


TWO_BLOCKS = "# Page\n\n```{.python}\nx = 1\n```\n\n```{.python continuation}\ny = x\n```\n"


def test_blocks_carry_the_plugins_marker(project):
    project.write("docs/page.md", TWO_BLOCKS)
    project.run("docs/", "-m", "markdown-docs").assert_outcomes(passed=2, deselected=1)


def test_without_the_plugins_option_no_page_is_collected(project):
    project.write("docs/page.md", TWO_BLOCKS)
    project.pytester.makeini("[pytest]\naddopts = -p whiteboard.site.pytest_plugin\n")
    project.run().assert_outcomes()


def test_both_syntaxes_are_read(project):
    project.write("docs/page.md", TWO_BLOCKS.replace("{.python}", "python"))
    project.run().assert_outcomes(passed=3)


def test_a_page_is_parsed_once_to_be_collected(project, monkeypatch):
    parsed = []
    monkeypatch.setattr(page_items, "parse_fences", lambda *a: parsed.append(a) or [])
    project.write("docs/page.md", TWO_BLOCKS)
    project.run("docs/", "--collect-only")
    assert len(parsed) == 1


def test_the_plugin_is_used_by_its_options_alone():
    sources = [path.read_text("utf8") for path in (ROOT / "src/whiteboard/site").glob("*.py")]
    found = [line for text in sources for line in text.splitlines()]
    imported = [line for line in found if re.match(r"\s*(from|import) pytest_markdown_docs", line)]
    assert imported == []
