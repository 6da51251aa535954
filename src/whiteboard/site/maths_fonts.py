"""KaTeX's fonts, cut to the characters that the site's formulas use: a fifth of the bytes.

WOFF rather than WOFF2, which needs a compressor of its own; after the cut the difference is small.
The fonts' licence (SIL OFL 1.1) reserves their names: a font that is cut must have another.
"""

from __future__ import annotations

import logging
import re
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools import subset

FORMULA = re.compile(r"<wb-maths.*?</wb-maths>", re.DOTALL)
MATHML = re.compile(r'<span class="katex-mathml">.*?</math></span>', re.DOTALL)
RESERVED, NAME = "KaTeX_", "Formula_"
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns of the fonts' dates


def characters(html: str) -> set[str]:
    """The characters that the formulas of a page draw (their MathML uses the reader's fonts)."""
    drawn = (MATHML.sub("", formula) for formula in FORMULA.findall(html))
    return {mark for formula in drawn for mark in unescape(re.sub("<[^>]*>", "", formula))}


def cut(font: Path, marks: set[str]) -> None:
    """Rewrite a font with the glyphs of `marks` alone."""
    options = subset.Options(flavor="woff", layout_features=[], hinting=False)
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(marks)))
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 14]  # its names, copyright and licence
    with subset.load_font(BytesIO(font.read_bytes()), options) as loaded:
        cutter.subset(loaded)
        for record in loaded["name"].names:
            if record.nameID in (1, 3, 4, 6):
                record.string = record.toUnicode().replace(RESERVED, NAME)
        subset.save_font(loaded, str(font), options)


def cut_all(config: Any) -> None:
    """Cut the built site's fonts to what its pages draw (mkdocs: on_post_build)."""
    site = Path(config["site_dir"])
    marks: set[str] = set()
    for page in site.rglob("*.html"):
        marks |= characters(page.read_text("utf8"))
    for font in sorted(site.glob("assets/katex/fonts/*.woff")):
        cut(font, marks)
