import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markdown import Markdown
from mkdocs.exceptions import PluginError

from whiteboard.figures import drawing as figures
from whiteboard.figures.svg import tidy
from whiteboard.site import figure_pages, sources

PROGRAM = """
from matplotlib.figure import Figure
from whiteboard.figures import COLOURS, heatmap, subplots
TITLE = "a < b & c"

def figure() -> Figure:
    fig, (left, right) = subplots(1, 2)
    left.plot([0, 1, 2], [0, 1, 4], color=COLOURS["second"], label="squares")
    left.plot([0, 1, 2], [0, 1, 2], marker="o")
    left.bar([1, 2], [3, 4])
    left.set_yscale("log")
    left.set_title(TITLE)
    left.legend()
    heatmap(right, [[1, 0, 0], [1, 1, 0]], rows=["q0", "q1"])
    return fig
"""
ALT = 'Squares grow faster than "lines".'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "snippets" / "architecture"
    folder.mkdir(parents=True)
    (folder / "q99_figure_demo.py").write_text(PROGRAM)
    return tmp_path


def draw(body: str, folder: Path) -> str:
    program = folder / "q98_figure_other.py"
    program.write_text(f"from whiteboard.figures import subplots\n{body}")
    return figures.draw(program)


def page(text: str, root: Path) -> str:
    extensions = ["whiteboard.site.figure_pages", "admonition"]
    configs = {"whiteboard.site.figure_pages": {"root": str(root)}}
    return Markdown(extensions=extensions, extension_configs=configs).convert(text)


def test_a_figure_on_a_page(root: Path) -> None:
    html = page(f"Before.\n\n![{ALT}](figure:q99_figure_demo)\n\nAfter.", root)
    assert "<p>Before.</p>" in html
    assert "<p>After.</p>" in html
    figure = ElementTree.fromstring(html[html.index("<figure") : html.index("</figure>") + 9])
    image = figure.find(".//{http://www.w3.org/2000/svg}svg")
    assert image is not None
    assert image.attrib["role"] == "img"
    assert image.attrib["aria-label"] == ALT
    assert figure.findtext("figcaption") == ALT
    texts = ["".join(text.itertext()) for text in image.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a < b & c", "squares", "q0"} <= set(texts)


def test_only_the_pages_colours_fonts_and_ids_are_left(root: Path) -> None:
    svg = figures.draw(root / "snippets/architecture/q99_figure_demo.py")
    assert {"ink", "muted", "rule", "accent", "second"} <= set(re.findall(r"--figure-(\w+)", svg))
    assert not re.search(r"#[0-9a-fA-F]{6}\b|DejaVu|<style|<metadata|font-family|xlink", svg)
    ElementTree.fromstring(svg)
    assert not re.search(r"<g ?/>|<g[^>]*></g>|\d\.[ \"]", svg)
    ids = re.findall(r' id="([^"]*)"', svg)
    used = re.findall(r'(?:href="|url\()#([^")]*)', svg)
    assert set(ids) == set(used)
    assert all(name.startswith("q99_figure_demo-") for name in ids)
    assert len(svg) < figure_pages.LARGEST / 2


def test_the_same_program_gives_the_same_bytes(root: Path) -> None:
    program = root / "snippets/architecture/q99_figure_demo.py"
    assert figures.draw(program) == figures.draw(program)


def test_a_caption_of_its_own(root: Path) -> None:
    html = page(f"![{ALT}](figure:q99_figure_demo 'Growth')", root)
    assert "<figcaption>Growth</figcaption>" in html
    assert 'aria-label="Squares' in html


def test_a_wide_figure_scrolls_and_takes_the_focus(root: Path) -> None:
    program = root / "snippets/architecture/q99_figure_demo.py"
    narrow = page(f"![{ALT}](figure:q99_figure_demo)", root)
    program.write_text(PROGRAM.replace("subplots(1, 2)", "subplots(1, 2, figsize=(6.5, 3))"))
    wide = page(f"![{ALT}](figure:q99_figure_demo)", root)
    assert "tabindex" not in narrow
    assert 'figure__frame--wide" tabindex="0" role="group" aria-label="Figure that scrolls' in wide


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("![](figure:q99_figure_demo)", "no text"),
        ("![words](figure:q99_figure_gone)", "wanted one snippets/<section>/q99_figure_gone.py"),
        ("![words](figure:../../secret)", "wanted a name like"),
        ("See ![words](figure:q99_figure_demo) here.", "paragraph of its own"),
    ],
)
def test_what_is_missing_fails_and_is_named(root: Path, text: str, message: str) -> None:
    with pytest.raises(PluginError, match=re.escape(message)):
        page(text, root)


def test_a_program_that_fails_fails_the_page_with_its_traceback(root: Path) -> None:
    program = root / "snippets/architecture/q99_figure_demo.py"
    program.write_text(PROGRAM + "\nraise RuntimeError('out of ink')\n")
    with pytest.raises(PluginError, match=r"q99_figure_demo failed(?s:.*)out of ink"):
        page("![words](figure:q99_figure_demo)", root)


def test_a_drawing_that_is_too_large_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_pages, "LARGEST", 1000)
    with pytest.raises(PluginError, match="wanted at most 1,000: plot fewer points"):
        page("![words](figure:q99_figure_demo)", root)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x = 1", "wanted a function `figure"),
        ("def figure(): return 1", "must return a Figure, not 1"),
        (
            "def figure():\n    fig, axes = subplots()\n    axes.plot([1], color='#123456')\n"
            "    return fig",
            "colour #123456 is not one of COLOURS",
        ),
    ],
)
def test_a_program_is_told_what_to_change(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(body, tmp_path)


def test_a_figure_is_drawn_again_only_when_its_code_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(figure_pages, "_draw", lambda *_: drawn.append(1) or f"<svg>{len(drawn)}")
    first = figure_pages.svg("q99_figure_demo", root)
    assert figure_pages.svg("q99_figure_demo", root) == first == "<svg>1"
    program = root / "snippets/architecture/q99_figure_demo.py"
    program.write_text(PROGRAM + "# changed\n")
    assert figure_pages.svg("q99_figure_demo", root) == "<svg>2"
    assert len(list((root / ".cache/figures").iterdir())) == 1


def test_a_slow_figure_is_waited_for_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_pages, "PATIENCE", 0.05)
    said = tmp_path / "said"
    monkeypatch.setattr(figure_pages._LOG, "info", lambda *words: said.write_text(str(words[1])))
    # It ends only when the build has said what it waits for.
    wait = f"while not os.path.exists({str(said)!r}): time.sleep(0.01)"
    code = f"import os, time\n{wait}\nprint('<svg/>')"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        drawn, _ = figure_pages._patiently(process, "q99_figure_demo")
    assert drawn == "<svg/>\n"
    assert said.read_text() == "q99_figure_demo"


class TestSources:
    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        for path, text in {
            "src/whiteboard/__init__.py": "",
            "src/whiteboard/a/__init__.py": "",
            "src/whiteboard/a/b.py": "from whiteboard.a.c import f",
            "src/whiteboard/a/c.py": "T = 'table.json'\ndef f(): from whiteboard import d",
            "src/whiteboard/d.py": "",
            "src/whiteboard/unused.py": "",
            "src/whiteboard/a/table.json": "{}",
            "src/whiteboard/data/results/lm.json": "{}",
            "src/whiteboard/data/results/bpe.json": "{}",
            "notes.txt": "",
            "program.py": "from whiteboard.a import b\nP = 'notes.txt'\nrecord('lm')",
        }.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text.replace("(): from", "():\n    from"))
        return tmp_path

    def test_imports_are_followed_and_named_files_found(self, tree: Path) -> None:
        found = sources.files_of(tree / "program.py", tree)
        names = {path.relative_to(tree).as_posix() for path in found}
        assert names == {
            "program.py",
            "notes.txt",
            "src/whiteboard/a/table.json",
            "src/whiteboard/data/results/lm.json",
            *(f"src/whiteboard/{n}.py" for n in ("__init__", "a/__init__", "a/b", "a/c", "d")),
        }

    @pytest.mark.parametrize("changed", ["program.py", "src/whiteboard/d.py"])
    def test_the_digest_follows_what_the_program_is_made_of(self, tree: Path, changed: str) -> None:
        before = sources.digest(tree / "program.py", tree)
        (tree / "src/whiteboard/unused.py").write_text("x = 1")
        assert sources.digest(tree / "program.py", tree) == before
        (tree / changed).write_text((tree / changed).read_text() + "\n")
        assert sources.digest(tree / "program.py", tree) != before

    @pytest.mark.parametrize(
        ("call", "names"),
        [
            ("data.record('lm')['results']", {"lm"}),
            ("[record(name) for name in names]", {"lm", "bpe"}),
            ("record('none'), record, keep('lm')", set()),
        ],
    )
    def test_the_records_that_a_program_reads_count(
        self, tree: Path, call: str, names: set[str]
    ) -> None:
        (tree / "reads.py").write_text(call)
        found = sources.files_of(tree / "reads.py", tree) - {tree / "reads.py"}
        assert {path.relative_to(tree / sources.RECORDS).stem for path in found} == names


def test_dropping_empty_groups_keeps_the_drawing_well_formed() -> None:
    nested = '<g><g id="a" /></g><g><path d="M 0 0"/></g>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{nested}</svg>'
    drawn = ElementTree.fromstring(tidy(svg, "q01_figure_noun", {}))
    assert [child.tag.partition("}")[2] for child in drawn.iter()] == ["svg", "g", "path"]


def test_the_colours_are_those_of_the_sites_light_scheme() -> None:
    css = (Path(__file__).parents[2] / "docs/assets/whiteboard.css").read_text()
    variables = dict(re.findall(r"--figure-(\w+): var\(--wb-(\w+)\)", css))
    values = {name: re.search(rf"--wb-{wb}: (#\w+)", css) for name, wb in variables.items()}
    assert {name: found[1] for name, found in values.items() if found} == figures.COLOURS
