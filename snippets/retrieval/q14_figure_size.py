"""Recall of five chunks, and the tokens they cost, against the size of a chunk, per strategy."""

from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

STYLE = {
    "fixed": ("ink", "o"),
    "sentence": ("fourth", "v"),
    "semantic": ("second", "D"),
    "structure": ("accent", "s"),
    "small to big": ("third", "^"),
}


def figure() -> Figure:
    rows = record("chunking")["results"]["rows"]
    fig, (top, bottom) = subplots(2, 1, figsize=(4.6, 5.6), sharex=True)
    for name, (colour, marker) in STYLE.items():
        own = [row for row in rows if row["strategy"] == name]
        sizes = [row["size"] for row in own]
        style = {"color": COLOURS[colour], "marker": marker, "label": name, "markersize": 4}
        top.plot(sizes, [row["recall"] for row in own], **style)
        top.plot(sizes, [row["at_budget"] for row in own], linestyle="--", **style)
        bottom.plot(sizes, [row["tokens"] for row in own], **style)
    top.set_ylim(0.3, 0.65)
    top.set_ylabel("recall")
    top.text(300, 0.615, "with 1,000 tokens (dashed)")
    top.text(300, 0.325, "with 5 chunks")
    bottom.set_ylim(0, 1700)
    bottom.set_ylabel("tokens of 5 chunks")
    for axes in (top, bottom):
        axes.set_xscale("log")
        axes.set_xticks([300, 600, 1200], ["300", "600", "1,200"])
        axes.minorticks_off()
    bottom.set_xlabel("size of a chunk, characters")
    bottom.legend()
    return fig


if __name__ == "__main__":
    figure()
