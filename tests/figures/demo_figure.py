"""A project with one figure, which has a line, bars, a legend and a matrix."""

from pathlib import Path

PROGRAM = """
from matplotlib.figure import Figure
from whiteboard.figures import COLOURS, heatmap, subplots
TITLE = "a < b & c"

def figure() -> Figure:
    fig, (left, right) = subplots(1, 2)
    left.plot([0, 1, 2], [0, 1, 4], color=COLOURS["second"], label="squares")
    left.plot([0, 1, 2], [0, 1, 2], marker="o")
    left.bar([1, 2], [3, 4])
    left.set_yscale("log")
    left.set_title(TITLE)
    left.legend()
    heatmap(right, [[1, 0, 0], [1, 1, 0]], rows=["q0", "q1"])
    return fig
"""


def project(folder: Path) -> Path:
    """The folder, with the program of the figure `q99_figure_demo` in its place."""
    snippets = folder / "snippets" / "architecture"
    snippets.mkdir(parents=True)
    (snippets / "q99_figure_demo.py").write_text(PROGRAM)
    return folder
