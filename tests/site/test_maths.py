import re
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from markdown import Markdown
from material.plugins.search.plugin import Parser
from mkdocs.exceptions import PluginError

from whiteboard.site import maths

EXTENSIONS = ["pymdownx.arithmatex", "whiteboard.site.maths", "toc", "tables", "admonition"]


def render(text: str) -> str:
    configs = {"pymdownx.arithmatex": {"generic": True}}
    return Markdown(extensions=EXTENSIONS, extension_configs=configs).convert(text)


def mathml(html: str) -> ElementTree.Element:
    found = re.search(r"<math.*?</math>", html, re.DOTALL)
    assert found, html
    return ElementTree.fromstring(found[0])


def test_a_formula_is_html_and_mathml_without_a_script() -> None:
    html = render(r"The scale is $\frac{1}{\sqrt{d_k}}$ here.")
    tags = [element.tag.split("}")[1] for element in mathml(html).iter()]
    assert tags.count("mfrac") == tags.count("msqrt") == tags.count("msub") == 1
    assert 'class="katex-html" aria-hidden="true"' in html
    assert "<script" not in html
    assert "\\(" not in html


def test_a_block_formula_is_set_as_display_and_takes_the_focus() -> None:
    html = render("$$\n\\begin{aligned} a &= b \\\\ &= c \\end{aligned}\n$$")
    assert mathml(html).get("display") == "block"
    assert re.search(r'<wb-maths class="arithmatex arithmatex--block"[^>]* tabindex="0"', html)


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| $x^2$ | 1 |",
        "!!! note\n    inside $x^2$ here",
        "- item $x^2$\n\n    $$x^2$$",
    ],
)
def test_formulas_are_set_wherever_markdown_finds_them(text: str) -> None:
    html = render(text)
    assert html.count("<math") == text.count("x^2")
    assert "\\(" not in html


@pytest.mark.parametrize("mark", ["$", "$$"])
def test_signs_that_html_escapes_are_set(mark: str) -> None:
    html = render(f"{mark}a > b \\& c < d{mark}")
    assert "a &gt; b" in html.replace("<annotation", "")
    assert "&amp;gt;" not in html


def test_the_search_index_leaves_formulas_out() -> None:
    parser = Parser()
    parser.feed(render("# Title\n\nBefore $\\sqrt{x_1}$ after.\n\n$$\n\\frac12\n$$\n\nLast."))
    text = "".join(parser.data[-1].text)
    assert " ".join(text.split()) == "<p>Before after.</p> <p>Last.</p>"


@pytest.mark.parametrize("tex", [r"\frac{1", r"\nosuchmacro x", r"x_1_2", "\\text{😀}"])
def test_a_bad_formula_fails_and_is_named(tex: str) -> None:
    with pytest.raises(PluginError) as error:
        render(f"Fine $x$ and ${tex}$.")
    assert tex in str(error.value)


def test_a_formula_in_a_heading_fails_and_the_heading_is_named() -> None:
    with pytest.raises(PluginError, match=r"Why .* matters"):
        render("## Why $d_k$ matters")


def test_dollars_in_code_and_prose_stay() -> None:
    assert "<math" not in render("`$x$` costs \\$5 or \\$6; $ alone")


def test_very_long_formulas_survive_the_binding() -> None:
    html = render(f"$${' + '.join(f'x_{{{i}}}' for i in range(400))}$$")
    assert html.count("<msub>") == 400


def test_every_font_that_the_stylesheet_names_is_vendored() -> None:
    css = (maths.VENDOR / "katex.min.css").read_text()
    wanted = set(re.findall(r"url\((fonts/[^)]*\.woff)\)", css))
    have = {f"fonts/{path.name}" for path in (maths.VENDOR / "fonts").iterdir()}
    assert wanted == have
    assert maths.VENDOR.joinpath("LICENSE").read_text().startswith("The MIT License")


def test_the_stylesheet_is_linked_only_where_there_is_a_formula() -> None:
    output, page = (
        "<html><head></head><body>{}</body></html>",
        SimpleNamespace(url="labs/attention/"),
    )
    assert maths.add_stylesheet(output.format("plain"), page=page) == output.format("plain")
    linked = maths.add_stylesheet(output.format(render("$x$")), page=page)
    assert '<link rel="stylesheet" href="../../assets/katex/katex.min.css"></head>' in linked
