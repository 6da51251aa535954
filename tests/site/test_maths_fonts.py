import shutil
from pathlib import Path

from fontTools.ttLib import TTFont

from whiteboard.site import maths, maths_fonts

AMS = maths.VENDOR / "fonts" / "KaTeX_AMS-Regular.woff"


def formula(tex: str) -> str:
    return f"<wb-maths>{maths.typeset(tex)}</wb-maths>"


def test_characters_are_those_drawn_and_no_prose() -> None:
    html = "<p>Prose</p>" + formula(r"q \le \mathbb{R}") + "<p>more</p>" + formula("z")
    assert {"q", "≤", "R", "z"} <= maths_fonts.characters(html)
    assert not {"P", "m", "\\", "ℝ"} & maths_fonts.characters(html)


def test_cut_keeps_what_is_drawn_and_is_smaller(tmp_path: Path) -> None:
    (tmp_path / "assets/katex/fonts").mkdir(parents=True)
    font = Path(shutil.copy(AMS, tmp_path / "assets/katex/fonts"))
    (tmp_path / "index.html").write_text(formula(r"\mathbb{R}"), "utf8")
    with TTFont(AMS) as whole:
        width = whole.getGlyphSet()["R"].width
    maths_fonts.cut_all({"site_dir": str(tmp_path)})
    with TTFont(font) as cut:
        assert set(map(chr, cut.getBestCmap())) == {"R"}
        assert cut["name"].getDebugName(4) == "Formula_AMS-Regular"
        assert cut["name"].getDebugName(14) == "http://scripts.sil.org/OFL"
        assert cut.getGlyphSet()["R"].width == width
    assert font.stat().st_size < AMS.stat().st_size / 5
