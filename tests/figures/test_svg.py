"""A drawing made fit for a page: only what the page has is left in it."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from demo_figure import project

from whiteboard.figures import drawing as figures
from whiteboard.figures.svg import tidy
from whiteboard.site import figure_pages


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path)


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


def test_dropping_empty_groups_keeps_the_drawing_well_formed() -> None:
    nested = '<g><g id="a" /></g><g><path d="M 0 0"/></g>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{nested}</svg>'
    drawn = ElementTree.fromstring(tidy(svg, "q01_figure_noun", {}))
    assert [child.tag.partition("}")[2] for child in drawn.iter()] == ["svg", "g", "path"]


HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">'
PATH = '<path d="M 0.126 1.999" style="stroke: {}"/>'


def test_colours_become_the_pages_and_numbers_two_decimals() -> None:
    svg = tidy(f"{HEAD}{PATH.format('#ABCDEF')}</svg>", "q01_figure_x", {"ink": "#abcdef"})
    assert "stroke:var(--figure-ink)" in svg
    assert 'd="M 0.13 2"' in svg


def test_a_colour_that_the_page_cannot_change_is_refused() -> None:
    with pytest.raises(ValueError, match="#123456 is not one of COLOURS"):
        tidy(f"{HEAD}{PATH.format('#123456')}</svg>", "q01_figure_x", {"ink": "#abcdef"})
