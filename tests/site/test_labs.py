import re
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jupytext
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from mkdocs.exceptions import PluginError
from mkdocs_jupyter import convert

from whiteboard.site import labs

ROOT = Path(__file__).parents[2]
LAB = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A small lab
#
# A formula $\\frac{a}{b}$, and [a page](../index.md#top).
#
# ## The sum

# %%
total = 1 + 2
print(total, "<b>", "`code`")

# %%
total += 1

# %% [markdown]
# ### Drawn

# %%
from whiteboard.figures import show, subplots, style

with style():
    figure, axes = subplots()
    axes.plot([1, total])
show(figure, "A line from 1 to 4.")
"""
EXTENSIONS = {
    "toc": {"permalink": "#"},
    "md_in_html": {},
    "pymdownx.arithmatex": {"generic": True},
    "pymdownx.highlight": {},
    "pymdownx.superfences": {},
    "whiteboard.site.maths": {},
}


def execute(source: Path) -> str:
    html: str = convert.nb2html(str(source), execute=True, allow_errors=False)
    return html


def lab(folder: Path, text: str) -> Path:
    source = folder / "docs" / "labs" / "small.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text)
    return source


def mkdocs_page(source: Path) -> Any:
    file = SimpleNamespace(src_uri="labs/small.py", abs_src_path=str(source))
    return SimpleNamespace(file=file, url="labs/small/", title="small", toc=None, meta={})


def draw(source: Path, html: str, page: Any, places: dict[str, str]) -> str:
    config = {"markdown_extensions": list(EXTENSIONS), "mdx_configs": EXTENSIONS}
    found = {place: SimpleNamespace(url=url) for place, url in places.items()}
    files = SimpleNamespace(get_file_from_path=found.get)
    return labs.draw(html, page=page, config=config, files=files)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    source = lab(tmp_path_factory.mktemp("lab"), LAB)
    return source, execute(source)


@pytest.fixture(scope="module")
def drawn(small: tuple[Path, str]) -> tuple[BeautifulSoup, Any]:
    page = mkdocs_page(small[0])
    return BeautifulSoup(draw(*small, page, {"index.md": "./"}), "html.parser"), page


def test_cells_and_outputs_stand_in_order(drawn: tuple[BeautifulSoup, Any]) -> None:
    blocks = [block.get_text() for block in drawn[0].select(".highlight code")]
    assert blocks[0] == 'total = 1 + 2\nprint(total, "<b>", "`code`")\n'
    assert blocks[1] == "3 <b> `code`\n"
    assert blocks[2] == "total += 1\n"
    marked = [block.has_attr("data-run") for block in drawn[0].select("div.highlight")]
    assert marked == [True, False, True, True]


def test_prose_is_drawn_by_the_site(drawn: tuple[BeautifulSoup, Any]) -> None:
    soup, page = drawn
    assert soup.select_one("wb-maths math mfrac")
    assert soup.select_one("p a")["href"] == "../../#top"
    assert [h["id"] for h in soup.select("h1, h2, h3")] == ["a-small-lab", "the-sum", "drawn"]
    assert page.title == page.toc.items[0].title == "A small lab"


def test_a_figure_has_its_words_and_colours_of_the_scheme(drawn: tuple[BeautifulSoup, Any]) -> None:
    figure = drawn[0].select_one("figure")
    assert figure.svg["aria-label"] == figure.figcaption.get_text() == "A line from 1 to 4."
    assert re.search(r"var\(--figure-accent, ?#[0-9a-f]{6}\)", str(figure.svg))


def test_nothing_of_the_plugins_page_is_left(
    small: tuple[Path, str], drawn: tuple[BeautifulSoup, Any]
) -> None:
    assert "<style" in small[1]  # else this test shows nothing
    text = str(drawn[0])
    assert not re.search(r"<style|<script|jp-|https?://(?!www\.w3\.org/)", text)
    assert len(text) < len(small[1]) / 10


def test_mathjax_is_not_asked_from_a_cdn(small: tuple[Path, str]) -> None:
    added = '<script data-mkdocs-jupyter-mathjax="{}">\nload("https://cdn")\n</script>'
    output = f"<body>{added}<script>kept()</script></body>"
    page = mkdocs_page(small[0])
    assert labs.drop_mathjax(output, page=page) == "<body><script>kept()</script></body>"
    page.file.src_uri = "index.md"
    assert labs.drop_mathjax(output, page=page) == output


def test_what_a_long_cell_prints_is_one_text(tmp_path: Path) -> None:
    parts = 'print("a", end=" ", flush=True)\nprint("b", flush=True)\nprint("  c", flush=True)\n5\n'
    source = lab(tmp_path, f"# %% [markdown]\n# # A small lab\n\n# %%\n{parts}")
    soup = BeautifulSoup(draw(source, execute(source), mkdocs_page(source), {}), "html.parser")
    printed = [block.get_text() for block in soup.select(".highlight:not([data-run]) code")]
    assert printed == ["a b\n  c\n", "5\n"]


def test_an_error_in_a_cell_fails(tmp_path: Path) -> None:
    source = lab(tmp_path, LAB.replace("total += 1", "total += missing"))
    with pytest.raises(Exception, match="missing"):
        execute(source)


def test_a_warning_is_not_published(tmp_path: Path) -> None:
    source = lab(tmp_path, "# %%\nimport sys\nprint('careful', file=sys.stderr)\n")
    with pytest.raises(PluginError, match=r"(?s)small.py: wanted printed text.*careful"):
        draw(source, execute(source), mkdocs_page(source), {})


def test_a_number_that_no_cell_shows_fails(tmp_path: Path, small: tuple[Path, str]) -> None:
    source = lab(tmp_path, LAB.replace("# ## The sum", "# It took 97 tries.\n#\n# ## The sum"))
    with pytest.raises(PluginError, match=r"labs/small.py, prose line 5: nothing shows.* 97"):
        draw(source, small[1], mkdocs_page(source), {"index.md": "./"})


def test_a_dead_link_fails(small: tuple[Path, str]) -> None:
    with pytest.raises(PluginError, match=r"labs/small.py: dead link ../index.md"):
        draw(*small, mkdocs_page(small[0]), {})


def test_the_notebook_is_the_same_each_time(small: tuple[Path, str], tmp_path: Path) -> None:
    (tmp_path / "labs" / "small").mkdir(parents=True)
    config = {"docs_dir": str(small[0].parents[1]), "site_dir": str(tmp_path), "repo_url": ""}
    labs.write(config)
    written = tmp_path / "labs" / "small" / "small.ipynb"
    first = written.read_bytes()
    labs.write(config)
    assert written.read_bytes() == first
    notebook = nbformat.reads(first.decode(), as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [f"cell-{i}" for i in range(6)]


def test_a_lab_says_what_to_install(tmp_path: Path, small: tuple[Path, str]) -> None:
    source = lab(tmp_path, LAB)
    (tmp_path / "src/whiteboard").mkdir(parents=True)
    (tmp_path / "src/whiteboard/figures.py").write_text("import yaml\ndef show(): ...\n")
    pages = '[project.optional-dependencies]\npages = ["pyyaml>=6"]'
    (tmp_path / "pyproject.toml").write_text(pages)
    text = labs.to_take_along(source, "https://github.com/a/b")
    install = '%pip install -q "llm-whiteboard @ git+https://github.com/a/b" "pyyaml>=6"'
    head, first, cells = LAB.partition("# %%")
    assert text == f"{head}# %%\n# {install}\n\n{first}{cells}"
    assert jupytext.reads(text).cells[0].source == install
    html = draw(source, small[1], mkdocs_page(source), {"index.md": "./"})
    blocks = BeautifulSoup(html, "html.parser").select("[data-run]")
    needs = [block.get("data-needs") for block in blocks]
    assert needs == [None, None, 'pip install "pyyaml>=6"']


def test_a_change_in_src_executes_the_lab_again_and_no_other(tmp_path: Path) -> None:
    source = lab(tmp_path, "import whiteboard.part\n")
    module = tmp_path / "src" / "whiteboard" / "part.py"
    module.parent.mkdir(parents=True)

    def folder(text: str) -> Path:
        module.write_text(text)
        path = labs.kept_in(source, tmp_path)
        path.mkdir(parents=True, exist_ok=True)
        return path

    first = folder("x = 1\n")
    other = first.parent / "large-0123456789abcdef"
    other.mkdir()
    assert folder("x = 1\n") == first
    second = folder("x = 2\n")
    assert second != first
    assert {*second.parent.iterdir()} == {second, other}


def test_the_first_lab_shows_what_it_says() -> None:
    names = runpy.run_path(str(ROOT / "docs/labs/attention.py"))
    np.testing.assert_allclose(names["same"][0, :, 0], names["output"], atol=1e-6)
    assert names["share"].mean() > 4 * names["even"]
    assert names["norms"][names["middle"], 0] > 50 * names["norms"][names["middle"], 1:].mean()
    assert names["induction"].max() > 0.7 > 20 * np.median(names["induction"])
    assert names["once"] > 4 * names["again"]


def test_a_stage_that_does_not_learn_fails_the_lab() -> None:
    text = (ROOT / "docs/labs/language_model.py").read_text()
    assert "STEPS, curve = 600, {}" in text
    with pytest.raises(AssertionError) as caught:
        exec(compile(text.replace("STEPS, curve = 600", "STEPS, curve = 24"), "lab", "exec"), {})
    place = caught.traceback[-1].lineno
    assert text.splitlines()[place].startswith("assert curve[STEPS] <")


@pytest.mark.slow
def test_the_language_model_learns_at_each_stage() -> None:
    names = runpy.run_path(str(ROOT / "docs/labs/language_model.py"))
    base, sft, dpo, longer = names["stages"]
    assert base["recalled"] >= 20
    assert base["asked"]["neither"] == 1
    assert sft["asked"]["sentence"] + sft["asked"]["word"] > 0.75
    assert sft["kept"]["right"] < 0.4  # the failure that the lab speaks of
    assert dpo["asked"]["right"] > sft["asked"]["right"]
    assert longer["loss"] > dpo["loss"] > sft["loss"]
    rejected = [pair[1] for pair in names["parted"].values()]
    assert rejected[-1] < rejected[10] - 10 < rejected[0] - 10


@pytest.mark.slow
def test_the_pipeline_breaks_as_the_lab_says() -> None:
    names = runpy.run_path(str(ROOT / "docs/labs/rag.py"))
    table = names["table"]
    assert len(table) == 8  # seven breaks; pooling goes wrong in two ways
    for broken in ("chunk size", "mean with padding", "stale index", "distractors"):
        assert table[broken][1] < table[broken][0] - 0.05
    assert table["distractors"][2] < table["distractors"][0]  # the failure that the lab speaks of
    assert all(names["valid"]([each.cited() for each in names["taken"]], names["poisoned"]))
    assert sum(names["follows"]) >= 2
    assert not any(each.passage == 2 for each in names["mended"])
