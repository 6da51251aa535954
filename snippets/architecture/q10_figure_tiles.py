"""Which tiles of a causal score matrix a kernel reads without a mask, reads with one, and skips."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from whiteboard.architecture.flash_attention_tiles import Tile, visible_blocks
from whiteboard.figures import COLOURS, subplots

TILE, TIME = Tile(32, 16), 128


def kinds() -> np.ndarray:
    """For each block of queries and of keys: 0 skipped, 1 read with a mask, 2 read whole."""
    rows, columns = TIME // TILE.queries, TIME // TILE.keys
    found = np.zeros((rows, columns), int)
    for i in range(rows):
        whole, end = visible_blocks(i, tile=TILE, time=TIME, source=TIME, causal=True)
        found[i, : int(end)] = 1
        found[i, : int(whole)] = 2
    return found


def figure() -> Figure:
    fig, axes = subplots(figsize=(4.6, 3.2))
    looks = {2: ("accent", 0.55, "read"), 1: ("second", 0.45, "read with a mask"),
             0: ("muted", 0.12, "skipped")}  # fmt: skip
    for kind, (colour, alpha, label) in looks.items():
        for n, (i, j) in enumerate(np.argwhere(kinds() == kind)):
            corner = (j * TILE.keys + 0.8, i * TILE.queries + 0.8)
            axes.add_patch(
                Rectangle(corner, TILE.keys - 1.6, TILE.queries - 1.6, color=COLOURS[colour],
                          alpha=alpha, label=label if n == 0 else None, linewidth=0)
            )  # fmt: skip
    axes.plot([0, TIME], [0, TIME], color=COLOURS["ink"], linewidth=1)
    axes.set_xlim(0, TIME)
    axes.set_ylim(TIME, 0)
    axes.set_xticks(range(0, TIME + 1, TILE.keys))
    axes.set_yticks(range(0, TIME + 1, TILE.queries))
    axes.grid(visible=False)
    axes.set_xlabel("keys")
    axes.set_ylabel("queries")
    axes.legend(loc="upper right", facecolor=COLOURS["paper"], frameon=True, edgecolor="none")
    return fig


if __name__ == "__main__":
    print(kinds())
