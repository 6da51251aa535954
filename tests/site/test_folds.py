"""The result stands before its code, and a long docstring's sections are folded."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from whiteboard.site import folds
from whiteboard.site.fences import parse_fences
from whiteboard.site.guards import render
from whiteboard.site.pages import Page, all_pages

ROOT = Path(__file__).parents[2]
OUTPUT = '```{.text .output title="Output"}\n2\n```\n'
BLOCK = "```{.python continuation}\nx = 1\nprint(x + 1)\n```\n"
PAGES = all_pages(ROOT / "docs")


def soup(text: str) -> BeautifulSoup:
    return BeautifulSoup(folds.docstrings(folds.results_first(render(text, ROOT))), "html.parser")


def order(text: str) -> list[str]:
    """The page's elements from the top: headings by their words, blocks by what they are."""
    names = []
    for tag in soup(text).find_all(True, recursive=False):
        if tag.name.startswith("h"):
            names.append(tag.get_text().rstrip("#"))
        elif tag.name == "details":
            names.append("folded")
        else:
            classes = tag.get_attribute_list("class") or [tag.name]
            names.append("output" if "output" in classes else str(classes[-1]))
    return names


def test_in_the_numbers_the_result_comes_first() -> None:
    text = f"## In code\n\n{BLOCK}\n{OUTPUT}\n## The numbers\n\n{BLOCK}\n{BLOCK}\n{OUTPUT}"
    assert order(text) == [
        *("In code", "highlight", "output"),
        *("The numbers", "wb-all-code", "highlight", "output", "folded"),
    ]


def test_elsewhere_a_table_comes_first_where_its_fence_says_so() -> None:
    table = OUTPUT.replace(".output", ".output .table")
    text = f"## In code\n\n{BLOCK}\n{OUTPUT}\n{BLOCK}\n{table}\n## The numbers\n\n{BLOCK}\n{OUTPUT}"
    assert order(text) == [
        *("In code", "wb-all-code", "highlight", "output", "output", "folded"),
        *("The numbers", "output", "folded"),
    ]


def test_a_page_that_folds_no_code_has_no_button() -> None:
    assert order(f"## In code\n\n{BLOCK}\n{OUTPUT}") == ["In code", "highlight", "output"]


def test_text_between_a_block_and_an_output_keeps_them_apart() -> None:
    apart = f"## The numbers\n\n{BLOCK}\nA word.\n\n{OUTPUT}"
    assert order(apart) == ["The numbers", "highlight", "p", "output"]


def test_the_summary_says_how_much_is_folded() -> None:
    found = soup(f"## The numbers\n\n{BLOCK}\n{OUTPUT}").find("summary")
    assert isinstance(found, Tag)
    assert found.get_text() == "The code, 2 lines"


def test_a_pair_inside_a_note_is_turned_as_well() -> None:
    inside = "\n".join(f"    {line}" for line in f"{BLOCK}\n{OUTPUT}".splitlines())
    found = soup(f"## The numbers\n\n!!! note\n\n{inside}\n").select(".admonition > *")
    assert [tag.name for tag in found] == ["p", "div", "details"]


DOCSTRING = '''
def f(x):
    """Twice x.

    Formula: 2 x < 3.

    Args:
        x: a number.

    Returns: a number.
    """
    return 2 * x
'''


def shown(source: str, place: str = "src/whiteboard/f.py") -> BeautifulSoup:
    return soup(f'```{{.python notest title="{place}"}}\n{source.strip()}\n```\n')


def test_the_sections_of_a_docstring_are_folded_and_its_text_stays() -> None:
    found = shown(DOCSTRING).select_one("code")
    assert found is not None
    fold = found.select_one("details")
    assert fold is not None
    assert fold.summary is not None
    assert fold.summary.extract().get_text() == "    … 4 lines: Args, Returns"
    assert fold.get_text() == "\n    Args:\n        x: a number.\n\n    Returns: a number.\n"
    assert found.get_text() == DOCSTRING.lstrip()


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (DOCSTRING, "snippets/architecture/f.py"),
        (DOCSTRING.replace("    Args:\n        x: a number.\n\n", ""), "src/whiteboard/f.py"),
        (DOCSTRING.replace('number.\n    """', 'number."""'), "src/whiteboard/f.py"),
        ('text = """\nArgs:\n\n  a\n  b\n"""\n', "src/whiteboard/f.py"),
    ],
    ids=["a program", "two lines", "no closing line", "a string"],
)
def test_nothing_else_is_folded(source: str, place: str) -> None:
    assert shown(source, place).select("details") == []


@pytest.mark.parametrize("page", PAGES, ids=[page.path.stem for page in PAGES])
def test_every_page_keeps_all_its_code(page: Page) -> None:
    """Each block is drawn once, in the order it runs, with all its lines."""
    text = page.path.read_text("utf8")
    html = folds.docstrings(folds.results_first(render(text, ROOT)))
    html = re.sub(r"<summary.*?</summary>", "", html)
    block = r'<div class="([^"]*)highlight"[^>]*>.*?<code>(.*?)</code>'
    blocks = re.findall(block, html, re.DOTALL)
    drawn = [unescape(re.sub(r"<.*?>", "", code)) for kind, code in blocks if "output" not in kind]
    fences = [fence.source for fence in parse_fences(text, ROOT) if not fence.is_output]
    assert [code.strip() for code in drawn] == [source.strip() for source in fences]
