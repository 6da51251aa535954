"""Recall of five chunks, and the tokens they cost, against the size of a chunk, per strategy."""

import json
from pathlib import Path

from matplotlib.figure import Figure

from whiteboard.site.figures import COLOURS, subplots

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "chunking.json"
STYLE = {
    "fixed": ("ink", "o"),
    "sentence": ("fourth", "v"),
    "semantic": ("second", "D"),
    "structure": ("accent", "s"),
    "small to big": ("third", "^"),
}


def figure() -> Figure:
    rows = json.loads(RESULTS.read_text())["results"]["rows"]
    fig, (left, right) = subplots(1, 2, figsize=(6.4, 3.3))
    for name, (colour, marker) in STYLE.items():
        own = [row for row in rows if row["strategy"] == name]
        sizes = [row["size"] for row in own]
        style = {"color": COLOURS[colour], "marker": marker, "label": name, "markersize": 4}
        left.plot(sizes, [row["recall"] for row in own], **style)
        left.plot(sizes, [row["at_budget"] for row in own], linestyle="--", **style)
        right.plot(sizes, [row["tokens"] for row in own], **style)
    left.set_ylim(0, 0.75)
    left.set_ylabel("recall")
    left.set_title("5 chunks (line), 1,000 tokens (dashes)", fontsize=9)
    right.set_ylim(0, 1700)
    right.set_title("tokens of 5 chunks", fontsize=9)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xticks([300, 600, 1200], ["300", "600", "1,200"])
        axes.minorticks_off()
        axes.set_xlabel("size, characters")
    right.legend(fontsize=8)
    return fig


if __name__ == "__main__":
    figure()
