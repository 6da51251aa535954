"""Maths set at build: `$...$` and `$$...$$` become HTML and MathML by KaTeX, without a script.

A Markdown extension beside `pymdownx.arithmatex: {generic: true}`, which finds the formulas. KaTeX
0.19.1 (MIT) is vendored and runs in QuickJS, 1 to 2 ms a formula. Its stylesheet and fonts are
served from the site, on pages with a formula only.
"""

from __future__ import annotations

import html
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import quickjs
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

from whiteboard.site.maths_fonts import NAME, RESERVED

VENDOR = Path(__file__).parent / "vendor" / "katex"
STYLESHEET = "assets/katex/katex.min.css"
_DELIMITED = re.compile(r"\\\((?P<inline>.*)\\\)|\\\[(?P<block>.*)\\\]", re.DOTALL)
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# KaTeX builds strings as ropes, which the binding cannot return when they are long: JSON flattens.
_RENDER = """
function render(tex, displayMode) {
  return JSON.stringify(katex.renderToString(
    tex, {displayMode, output: "htmlAndMathml", throwOnError: true, strict: "error"}));
}
"""


@lru_cache(maxsize=1)
def _katex() -> quickjs.Context:
    context = quickjs.Context()
    context.eval((VENDOR / "katex.min.js").read_text(encoding="utf-8"))
    context.eval(_RENDER)
    return context


@lru_cache(maxsize=4096)
def typeset(tex: str, *, block: bool = False) -> str:
    """HTML with MathML inside, of one formula in TeX.

    Raises:
        PluginError: KaTeX refuses the formula; the message holds both.
    """
    try:
        return str(json.loads(_katex().get("render")(tex.strip(), block)))
    except quickjs.JSException as error:
        reason = str(error).split("\n")[0].removeprefix("ParseError: KaTeX parse error: ")
        raise PluginError(f"formula ${tex.strip()}$: {reason}") from None


class _MathsTreeprocessor(Treeprocessor):
    def run(self, tree: Element) -> None:
        for parent in tree.iter():
            if parent.tag in _HEADINGS and any("arithmatex" in e.get("class", "") for e in parent):
                title = " ".join("".join(parent.itertext()).split())
                raise PluginError(f"heading {title!r}: say the formula in words or as `code`")
        for element in [e for e in tree.iter() if e.get("class") == "arithmatex"]:
            self._set(element)

    def _set(self, element: Element) -> None:
        # arithmatex escapes <, > and & in blocks.
        found = _DELIMITED.fullmatch(html.unescape("".join(element.itertext())).strip())
        if not found:
            raise PluginError(f"formula without delimiters: {''.join(element.itertext())!r}")
        block = found["inline"] is None
        formula = typeset(found["block"] if block else found["inline"], block=block)
        for child in list(element):
            element.remove(child)
        # The theme's search leaves out an element up to the first end of a tag of its name: none of
        # KaTeX's spans must end this one.
        element.tag = "wb-maths"
        element.text = AtomicString(self.md.htmlStash.store(formula))
        element.set("data-search-exclude", "")
        if block:  # a long formula scrolls on a phone, so it must take the keyboard's focus
            element.set("class", "arithmatex arithmatex--block")
            element.set("tabindex", "0")


class MathsExtension(Extension):
    """`markdown_extensions: [pymdownx.arithmatex: {generic: true}, whiteboard.site.maths]`."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        # After inline parsing (20), before the table of contents reads the headings (5).
        md.treeprocessors.register(_MathsTreeprocessor(md), "maths", 6)


def makeExtension(**kwargs: Any) -> MathsExtension:  # noqa: N802
    """Entry point of Python-Markdown."""
    return MathsExtension(**kwargs)


def add_files(files: Any, config: Any) -> Any:
    """Serve KaTeX's stylesheet, its WOFF fonts and its licence (mkdocs: on_files)."""
    css = (VENDOR / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r'url\([^)]*\) format\("woff2"\),|,url\([^)]*\) format\("truetype"\)', "", css)
    files.append(File.generated(config, STYLESHEET, content=css.replace(RESERVED, NAME)))
    for source in [*sorted((VENDOR / "fonts").glob("*.woff")), VENDOR / "LICENSE"]:
        place = f"assets/katex/{source.relative_to(VENDOR).as_posix()}".replace(RESERVED, NAME)
        files.append(File.generated(config, place, content=source.read_bytes()))
    return files


def add_stylesheet(output: str, *, page: Any, **_: Any) -> str:
    """Link KaTeX's stylesheet from a page that holds a formula alone (mkdocs: on_post_page)."""
    if 'class="katex' not in output:
        return output
    link = f'<link rel="stylesheet" href="{get_relative_url(STYLESHEET, page.url)}">'
    return output.replace("</head>", f"{link}</head>", 1)
