"""Numbers cached per token and layer, on one GPU and on each of eight, for 128 heads of 128."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.figures import COLOURS, subplots

HEADS, HEAD_DIM, LATENT, ROPE, GPUS = 128, 128, 512, 64, 8


def widths(gpus: int) -> dict[str, int]:
    """What each GPU caches when heads are split: a head that is not there twice is not copied."""
    kv_heads = {"MHA": HEADS, "GQA, 8 KV heads": 8, "MQA": 1}
    split = {name: 2 * max(k // gpus, 1) * HEAD_DIM for name, k in kv_heads.items()}
    return split | {"MLA": LATENT + ROPE}


def figure() -> Figure:
    fig, axes = subplots()
    names = list(widths(1))
    rows = np.arange(len(names))
    for offset, gpus, colour in ((-0.2, 1, "accent"), (0.2, GPUS, "second")):
        values = list(widths(gpus).values())
        label = "one GPU" if gpus == 1 else f"each of {gpus} GPUs"
        axes.barh(rows + offset, values, 0.36, color=COLOURS[colour], label=label)
        for row, value in zip(rows + offset, values):
            axes.annotate(f" {value:,}", (value, row), va="center", fontsize=9)
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(100, 160_000)
    axes.set_xlabel("numbers cached per token and layer")
    axes.legend(loc="lower right")
    return fig


if __name__ == "__main__":
    print(widths(1), widths(GPUS))
