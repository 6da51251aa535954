"""Which KV head each of eight query heads reads, in MHA, GQA and MQA."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.figures import COLOURS, subplots

HEADS = 8


def figure() -> Figure:
    fig, panels = subplots(1, 3, figsize=(4.4, 2.1), sharey=True)
    for axes, (name, kv_heads) in zip(panels, {"MHA": 8, "GQA": 2, "MQA": 1}.items()):
        group = HEADS // kv_heads
        places = np.arange(kv_heads) * group + (group - 1) / 2
        for head in range(HEADS):
            axes.plot(
                [head, places[head // group]], [1, 0], color=COLOURS["muted"], linewidth=1, zorder=1
            )
        axes.scatter(range(HEADS), np.ones(HEADS), 20, color=COLOURS["third"], zorder=2)
        axes.scatter(places, np.zeros(kv_heads), 32, marker="s", color=COLOURS["accent"], zorder=2)
        axes.set_title(f"{name}: {kv_heads}")
        axes.set_yticks([1, 0], ["query\nheads", "KV\nheads"])
        axes.set_ylim(-0.4, 1.4)
        axes.set_xticks([])
        axes.grid(visible=False)
        for side in axes.spines.values():
            side.set_visible(False)
    return fig


if __name__ == "__main__":
    figure()
