"""A matplotlib SVG made fit to stand inside a page: small, in the page's colours and font."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_DROPPED = (f"{{{SVG}}}metadata", f"{{{SVG}}}style")
_EMPTY = re.compile(r"<(g|defs)(?: [^>]*[^>/ ])?(?: ?/>|></\1>)")
_NUMERIC = ("d", "x", "y", "width", "height", "transform", "points")


def tidy(svg: str, name: str, colours: Mapping[str, str]) -> str:
    """Colours become CSS variables `--figure-<colour>`, ids `name-id`, numbers two decimals.

    Args:
        svg: as matplotlib writes it.
        name: prefix of the ids, so that two figures fit on one page.
        colours: hexadecimal value of each named colour.

    Returns:
        The smaller SVG.

    Raises:
        ValueError: a colour that is not among `colours`: it could not follow the page's scheme.
    """
    ElementTree.register_namespace("", SVG)
    # The `font:` shorthand names matplotlib's font; only its size is wanted.
    root = ElementTree.fromstring(re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg))
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    for element in list(root.iter()):
        for child in [child for child in element if child.tag in _DROPPED]:
            element.remove(child)
        element.attrib = {
            ("href" if key == XLINK_HREF else key): _tidy_value(key, value, name, colours)
            for key, value in element.attrib.items()
            if key != "id" or value in used
        }
    # Matplotlib sets the line joins in a <style> that would reach the whole page.
    root.attrib = {"viewBox": root.attrib["viewBox"], "style": "stroke-linejoin:round"}
    return _without_empty_groups(ElementTree.tostring(root, encoding="unicode"))


def _tidy_value(key: str, value: str, name: str, colours: Mapping[str, str]) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key in (XLINK_HREF, "clip-path"):
        return re.sub(r"^(url\()?#", rf"\1#{name}-", value)
    if key == "style":
        return _tidy_style(value, colours)
    if key in _NUMERIC:
        return re.sub(r"\s+", " ", re.sub(r"-?\d+\.\d+", _two_decimals, value)).strip()
    return value


def _two_decimals(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _tidy_style(style: str, colours: Mapping[str, str]) -> str:
    style = re.sub(r"(font-family|font-variant|stroke-linejoin):[^;]*;?", "", style)
    for name, colour in colours.items():
        style = re.sub(colour, f"var(--figure-{name})", style, flags=re.IGNORECASE)
    if stray := re.search(r"#[0-9a-fA-F]{6}", style):
        raise ValueError(
            f"colour {stray[0]} is not one of COLOURS: it could not follow the"
            " reader's light or dark scheme"
        )
    return re.sub(r"\s*([;:])\s*", r"\1", style).strip("; ")


def _without_empty_groups(text: str) -> str:
    text = re.sub(r">\s+<", "><", text)
    # Not `<g/></g>`: that is an empty group and its parent's end.
    while (shorter := re.sub(r"<(g|defs)( [^>]*)?(/>|(?<!/)></\1>)", "", text)) != text:
        text = shorter
    return text.strip()
