"""The Markdown extension that puts figures into pages: see `whiteboard.figures.drawing`.

Each figure is drawn in another process, so that `mkdocs serve` never draws with a module that has
changed since it was imported, and is kept in `.cache/figures` under the hash of the program, of
every `whiteboard` module that it imports and of every file that it names. The tests of `docs/` draw
each figure too, and leave it there.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from mkdocs.exceptions import PluginError

from whiteboard.site.sources import digest

_LOG = logging.getLogger("mkdocs.whiteboard.figures")
SCHEME = "figure:"
LARGEST = 40_000
"""Bytes of one SVG; a larger one has more points than a reader can see."""
PATIENCE = 20.0
"""Seconds between two lines that say which figure is being drawn."""
NARROW = 400
"""Points. A wider figure keeps that width on a phone and scrolls in its own frame."""


def find_program(name: str, root: Path) -> Path:
    """The one `snippets/*/<name>.py`.

    Raises:
        PluginError: none, or more than one, or a name that is not `<page>_figure_noun`.
    """
    if not re.fullmatch(r"[a-z]\w*_figure_\w+", name):
        raise PluginError(f"figure:{name}: wanted a name like q01_figure_entropy")
    found = sorted(root.glob(f"snippets/*/{name}.py"))
    if len(found) != 1:
        raise PluginError(
            f"figure:{name}: wanted one snippets/<section>/{name}.py, found {len(found)}"
        )
    return found[0]


def svg(name: str, root: Path) -> str:
    """The SVG of a figure, from `.cache/figures` or drawn now.

    Raises:
        PluginError: the program is missing or fails, or its drawing is too large.
    """
    program = find_program(name, root)
    if not (cached := _place(program, root)).exists():
        keep(_draw(program, root), program, root)
    return cached.read_text(encoding="utf-8")


def keep(drawn: str, program: Path, root: Path) -> None:
    """Put a program's drawing where the build finds it.

    Raises:
        PluginError: it is too large.
    """
    if (size := len(drawn.encode())) > LARGEST:
        wanted = f"wanted at most {LARGEST:,}: plot fewer points"
        raise PluginError(f"figure:{program.stem} is {size:,} bytes; {wanted}")
    place = _place(program, root)
    for old in place.parent.glob(f"{program.stem}-*.svg"):
        old.unlink(missing_ok=True)
    _write_whole(place, drawn)


def _place(program: Path, root: Path) -> Path:
    return root / ".cache" / "figures" / f"{program.stem}-{digest(program, root)}.svg"


def _draw(program: Path, root: Path) -> str:
    command = [sys.executable, "-m", "whiteboard.figures", str(program)]
    # The warnings filter of a test run is not the program's.
    env = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root, env=env
    ) as process:
        drawn, errors = _patiently(process, program.stem)
    if process.returncode:
        raise PluginError(f"figure:{program.stem} failed ({program}):\n{errors[-3000:]}")
    return drawn.strip()


def _patiently(process: subprocess.Popen[str], name: str) -> tuple[str, str]:
    """What the process writes, however long it takes: a slow machine is no fault of the figure."""
    waited = 0.0
    while True:
        try:
            return process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            waited += PATIENCE
            _LOG.info("figure:%s: %.0f s, and still being drawn (Ctrl-C stops it)", name, waited)


def _write_whole(path: Path, text: str) -> None:
    """Write so that a build beside this one never reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as part:
        part.write(text)
    os.replace(part.name, path)


def render(name: str, alt: str, caption: str, root: Path) -> str:
    """The `<figure>` of one figure, with its text alternative."""
    if not alt.strip():
        raise PluginError(f"figure:{name} has no text: say between the brackets what it shows")
    drawing = svg(name, root)
    image = f'<svg role="img" aria-label="{escape(alt)}" data-search-exclude=""'
    return (
        f'<figure class="figure" id="{name.replace("_", "-")}">{_frame(drawing, alt)}'
        f"{drawing.replace('<svg', image, 1)}</div>"
        f"<figcaption>{escape(caption or alt)}</figcaption></figure>"
    )


def _frame(drawing: str, alt: str) -> str:
    """The opening tag around the drawing: one that scrolls can be reached by keyboard."""
    size = re.search(r'viewBox="0 0 ([\d.]+)', drawing)
    width = float(size[1]) if size else 0.0
    style = f'style="--figure-width:{width:.0f}px"'
    if width <= NARROW:
        return f'<div class="figure__frame" {style}>'
    label = f'tabindex="0" role="group" aria-label="{escape(f"Figure that scrolls: {alt}")}"'
    return f'<div class="figure__frame figure__frame--wide" {label} {style}>'


class _FigureTreeprocessor(Treeprocessor):
    def __init__(self, md: Markdown, root: Path) -> None:
        super().__init__(md)
        self.root = root

    def run(self, tree: Element) -> None:
        alone = {id(p[0]): p for p in tree.iter("p") if len(p) == 1 and not (p.text or "").strip()}
        for image in list(tree.iter("img")):
            if not image.get("src", "").startswith(SCHEME):
                continue
            name = image.get("src", "").removeprefix(SCHEME)
            paragraph = alone.get(id(image))
            if paragraph is None or (image.tail or "").strip():
                raise PluginError(f"figure:{name} must stand in a paragraph of its own")
            html = render(name, image.get("alt", ""), image.get("title", ""), self.root)
            paragraph.remove(image)
            paragraph.text = self.md.htmlStash.store(html)


class FigureExtension(Extension):
    """`markdown_extensions: [whiteboard.site.figure_pages]`."""

    def __init__(self, **kwargs: object) -> None:
        self.config = {"root": [".", "the project's folder, where snippets/ and src/ are"]}
        super().__init__(**kwargs)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        # After inline parsing (20), before mkdocs resolves the page's links (0).
        processor = _FigureTreeprocessor(md, Path(self.getConfig("root")).resolve())
        md.treeprocessors.register(processor, "figures", 5)


def makeExtension(**kwargs: object) -> FigureExtension:  # noqa: N802
    """Entry point of Python-Markdown."""
    return FigureExtension(**kwargs)
