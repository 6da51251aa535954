import doctest
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from markdown import Markdown
from mkdocs.exceptions import PluginError
from nbclient import NotebookClient

from whiteboard.site import downloads
from whiteboard.site.fences import parse_fences
from whiteboard.site.pages import Page, all_pages, registry

ROOT = Path(__file__).parents[2]
QUESTION = registry().question(1)
BODY = """
# Attention

## The question

See [the cache](question:2) and [NumPy](https://numpy.org), not `f[0](x)`. { #src-a }

!!! note "Mind this"
    Inside.

    ```{.python title="first"}
    from __future__ import annotations
    --8<-- "snippets/part.py"
    print(total := 2 + 3)
    ```

    ```{.text .output title="Output"}
    part
    5
    ```

![A curve.](figure:q01_figure_x)

```{.python notest}
shown[0](only)
```

## In code

<!-- claims -->

```{.python continuation}
print(total * 2, object())
```

```{.text .output title="Output"}
10 <object object at ...>
```

## Follow-ups

The end.
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/part.py").write_text('print("part")\n')
    path = tmp_path / "docs" / QUESTION.page
    path.parent.mkdir(parents=True)
    head = f"number: 1\nsection: {QUESTION.section.name}\n"
    path.write_text(f"---\n{head}---\n{BODY}")
    return Page(path, {"number": 1, "section": QUESTION.section.name}, BODY, 5)


def outputs(page: Page) -> str:
    fences = parse_fences(page.path.read_text(), page.root)
    return "".join(fence.source for fence in fences if fence.is_output)


def same(wanted: str, got: str) -> bool:
    return doctest.OutputChecker().check_output(wanted, got, doctest.ELLIPSIS)


def run_script(page: Page, folder: Path) -> str:
    program = folder / "program.py"
    program.write_text(downloads.script(page))
    command = [sys.executable, str(program)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_notebook(page: Page) -> str:
    notebook = nbformat.reads(downloads.notebook(page), as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    printed = [output.get("text", "") for cell in cells for output in cell.outputs]
    return "".join(printed)


def test_the_script_runs_whole_and_prints_what_the_page_shows(page: Page, tmp_path: Path) -> None:
    assert same(outputs(page), run_script(page, tmp_path))


def test_the_script_holds_the_running_blocks_under_their_headings(page: Page) -> None:
    text = downloads.script(page)
    marks = ['"""1. Attention', "# The question", 'print("part")', "# In code", "print(total * 2"]
    assert [text.index(mark) for mark in marks] == sorted(text.index(mark) for mark in marks)
    assert "shown[0]" not in text
    assert "--8<--" not in text


def test_the_notebook_runs_whole_and_prints_what_the_page_shows(page: Page) -> None:
    assert same(outputs(page), run_notebook(page))


def test_the_notebook_has_the_prose_without_what_only_the_site_draws(page: Page) -> None:
    cells = json.loads(downloads.notebook(page))["cells"]
    prose = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert prose == (
        "# Attention\n\n## The question\n\n"
        "See the cache and [NumPy](https://numpy.org), not `f[0](x)`.\n\n**Mind this**\n\nInside."
        "\n\n*Figure on the page: A curve.*\n\n```python\nshown[0](only)\n```\n\n## In code"
        "\n\n## Follow-ups\n\nThe end."
    )


def test_the_same_page_gives_the_same_notebook_with_ids_by_position(page: Page) -> None:
    text = downloads.notebook(page)
    assert downloads.notebook(page) == text
    assert [c["id"] for c in json.loads(text)["cells"]] == [f"cell-{i}" for i in range(5)]


def test_the_notebook_installs_the_package_only_from_a_known_repository(page: Page) -> None:
    assert "pip" not in downloads.notebook(page)
    first = json.loads(downloads.notebook(page, "someone/llm"))["cells"][0]
    assert first["cell_type"] == "code"
    assert "".join(first["source"]) == (
        '%pip install -q "llm-whiteboard @ git+https://github.com/someone/llm"'
    )


def draw(page: Page, body: str = BODY) -> str:
    extensions = ["pymdownx.superfences", "pymdownx.snippets", "pymdownx.highlight", "admonition"]
    configs = {"pymdownx.snippets": {"base_path": [str(page.root)]}}
    return Markdown(extensions=extensions, extension_configs=configs).convert(body)


def mark(page: Page, html: str) -> str:
    file = SimpleNamespace(abs_src_path=str(page.path))
    return downloads.mark_blocks(html, page=SimpleNamespace(meta=page.meta, file=file))


def test_running_blocks_are_marked_and_the_downloads_linked(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "load_page", lambda _: page)
    html = mark(page, draw(page))
    assert [bool(tag) for tag in downloads.BLOCK.findall(html)] == [1, 0, 0, 1, 0]
    assert f'<a href="{page.path.stem}.ipynb" download>' in html
    assert mark(page, draw(page)).count("data-run") == 2


def test_a_page_that_draws_other_blocks_than_it_has_fails(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "load_page", lambda _: page)
    with pytest.raises(PluginError, match="has 5 fences and draws 6 code blocks"):
        mark(page, draw(page, BODY + "\n    indented code\n"))


def test_other_pages_stay_as_they_are() -> None:
    assert downloads.mark_blocks("<p>", page=SimpleNamespace(meta={})) == "<p>"


REAL = [page for page in all_pages(ROOT / "docs") if page.path.stem.startswith("q03")]


@pytest.mark.parametrize("real", REAL, ids=[page.path.stem for page in REAL])
class TestARealPage:
    def test_its_script_prints_what_it_shows(self, real: Page, tmp_path: Path) -> None:
        assert same(outputs(real), run_script(real, tmp_path))

    def test_its_notebook_prints_what_it_shows(self, real: Page) -> None:
        assert same(outputs(real), run_notebook(real))
