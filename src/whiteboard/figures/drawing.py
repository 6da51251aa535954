"""Figures: `![What it shows, in words.](figure:q01_figure_entropy)` becomes one inline SVG.

A figure is a program `snippets/<section>/q01_figure_entropy.py` with one function:

    from matplotlib.figure import Figure
    from whiteboard.figures import COLOURS, subplots

    def figure() -> Figure:
        fig, axes = subplots()                      # 5.2 by 3.0 inches reads well on a phone
        axes.plot(x, y, color=COLOURS["accent"], label="divided by sqrt(d)")
        axes.set_xlabel("head width")
        axes.legend()
        return fig

Take colours from `COLOURS` alone, or from the cycle (accent, second, third, fourth): each is
written as a CSS variable `--figure-<name>`, so that one drawing serves light, dark and print.
`heatmap` draws a matrix. Text stays text, in the site's font; keep labels at the style's size, a
figure at most 6.5 inches wide, its SVG under 40 kB (plot fewer points rather than more).

The words between the brackets are required: they are the caption and the text alternative. A
Markdown title, `(figure:name "Caption")`, replaces the caption only. To look at one while writing:

    python -m whiteboard.figures snippets/architecture/q01_figure_entropy.py > /tmp/figure.svg

`whiteboard.site.figure_pages` puts the figures into the pages.
"""

from __future__ import annotations

import hashlib
import io
import runpy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from whiteboard.figures.svg import tidy

COLOURS = {
    "ink": "#1d2327",
    "muted": "#59626a",
    "rule": "#dedfd8",
    "paper": "#fdfdfb",
    "accent": "#0e625d",
    "second": "#a8321f",
    "third": "#1f4f9c",
    "fourth": "#6d3a9c",
}
"""The only colours of a figure. The values are the light scheme's of whiteboard.css."""

_HEAT = "#2b9389"  # a middle tone: an image cannot follow the scheme, so it must suit both


class FigureError(ValueError):
    """A figure that cannot be drawn or shown; the message says what to change."""


@contextmanager
def style(name: str = "figure") -> Iterator[None]:
    """The look of every figure, as matplotlib settings; `name` seeds the SVG's ids."""
    colours = COLOURS
    settings: dict[str, Any] = {
        "figure.figsize": (5.2, 3.0), "figure.facecolor": "none", "axes.facecolor": "none",
        "figure.constrained_layout.use": True, "axes.edgecolor": colours["muted"],
        "axes.linewidth": 0.8,
        "axes.labelcolor": colours["ink"], "axes.titlecolor": colours["ink"], "axes.titlesize": 10,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
        "axes.axisbelow": True, "grid.color": colours["rule"], "grid.linewidth": 0.6,
        "axes.prop_cycle": cycler(color=[colours[c] for c in list(colours)[4:]]),
        "text.color": colours["ink"], "font.size": 10, "font.family": "DejaVu Sans",
        "xtick.color": colours["muted"], "ytick.color": colours["muted"],
        "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0,
        "legend.frameon": False, "legend.fontsize": 9.5, "lines.linewidth": 1.8,
        "patch.edgecolor": "none", "savefig.transparent": True,
        "svg.fonttype": "none", "svg.hashsalt": name, "axes.unicode_minus": True,
    }  # fmt: skip
    with pyplot.style.context(["default", settings]):
        yield


def subplots(*args: Any, **kwargs: Any) -> Any:
    """`pyplot.subplots`, whose default size is the style's.

    Args:
        *args: rows and columns, as for `pyplot.subplots`.
        **kwargs: as for `pyplot.subplots`.

    Returns:
        The figure, and its axes.
    """
    return pyplot.subplots(*args, **kwargs)


def heatmap(
    axes: Axes,
    values: ArrayLike,
    *,
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    largest: float | None = None,
) -> None:
    """Draw a non-negative matrix as tints of one colour: 0 is clear, `largest` (the maximum) full.

    Args:
        axes: axes to draw into.
        values: `[rows, columns]`; row 0 is drawn at the top.
        rows: labels of the rows; none are drawn by default.
        columns: labels of the columns; none are drawn by default.
        largest: value that gets the full tint; the matrix's maximum by default.
    """
    tints = LinearSegmentedColormap.from_list("heat", [(*to_rgb(_HEAT), 0), (*to_rgb(_HEAT), 1)])
    matrix = np.asarray(values, dtype=float)
    full = largest or matrix.max()
    axes.imshow(matrix, cmap=tints, vmin=0, vmax=full, interpolation="none", aspect="auto")
    axes.grid(visible=False)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)


def draw(program: Path) -> str:
    """The SVG of a program's `figure()`; what goes wrong is a FigureError of `drawn_by`."""
    names = runpy.run_path(str(program), run_name=program.stem)
    return drawn_by(names.get("figure"), program.stem)


def drawn_by(figure: object, name: str) -> str:
    """The SVG of a program's figure, drawn in the site's style.

    Args:
        figure: the program's function `figure`, without arguments.
        name: of the program; also the prefix of the SVG's ids.

    Returns:
        The SVG as text.

    Raises:
        FigureError: `figure` is no function, or does not return a figure.
    """
    if not callable(figure):
        raise FigureError(f"{name}.py: wanted a function `figure() -> Figure`; it has none")
    with style(name):
        drawn = figure()
        if not isinstance(drawn, Figure):
            raise FigureError(f"{name}.py: figure() must return a Figure, not {drawn!r}")
        return _svg(drawn, name)


def _svg(figure: Figure, name: str) -> str:
    buffer = io.StringIO()
    keys = ("Date", "Creator", "Format", "Type")
    with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=dict.fromkeys(keys))
    pyplot.close(figure)
    return tidy(buffer.getvalue(), name, COLOURS)


@dataclass(frozen=True)
class Shown:
    """A figure for a notebook's output: the drawing, and what it shows, in words."""

    svg: str
    text: str

    def _repr_html_(self) -> str:
        image = f'<svg role="img" aria-label="{escape(self.text)}" data-search-exclude=""'
        return (
            f'<figure class="figure"><div class="figure__frame">'
            f"{self.svg.replace('<svg', image, 1)}</div>"
            f"<figcaption>{escape(self.text)}</figcaption></figure>"
        )


def show(figure: Figure, text: str) -> Shown:
    """A figure as a lab's output, drawn as the pages draw theirs: the last line of a cell.

    Args:
        figure: what to draw.
        text: what the figure shows, in words, for readers who do not see it.

    Returns:
        The drawing, which Jupyter displays.

    Raises:
        FigureError: the text is blank.
    """
    if not text.strip():
        raise FigureError("show(figure, text): say what the figure shows")
    seed = hashlib.sha256(text.encode()).hexdigest()[:8]
    svg = _svg(figure, f"figure-{seed}")
    # Outside the site's pages there are no such variables: the light scheme's colours stand in.
    for name, colour in COLOURS.items():
        svg = svg.replace(f"var(--figure-{name})", f"var(--figure-{name},{colour})")
    return Shown(svg, text)
