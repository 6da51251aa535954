"""Figures on pages: drawn, framed, cached, and refused by name."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from demo_figure import PROGRAM, project
from markdown import Markdown
from mkdocs.exceptions import PluginError

from whiteboard.site import figure_pages

ALT = 'Squares grow faster than "lines".'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path)


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
