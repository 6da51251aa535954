"""Memory of an index against the number of vectors, for four layouts, with two machines' limits."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.capacity import flat_bytes, hnsw_bytes

DIM = 384
MACHINES = {"a node of 64 GB, 70% filled": 0.7 * 64e9, "an H200's 141 GB": 141e9}


def layouts(vectors: int) -> dict[str, float]:
    return {
        "HNSW, float32": hnsw_bytes(vectors, DIM),
        "flat, float16": flat_bytes(vectors, DIM, 2),
        "HNSW, int8": hnsw_bytes(vectors, DIM, bytes_per_number=1),
        "flat, one bit": flat_bytes(vectors, DIM, 1 / 8),
    }


def figure() -> Figure:
    fig, axes = subplots()
    counts = np.geomspace(1e6, 1e9, 16)
    colours = [COLOURS[name] for name in ("accent", "second", "third", "muted")]
    for name, colour in zip(layouts(1), colours, strict=True):
        axes.plot(counts, [layouts(int(n))[name] for n in counts], color=colour, label=name)
    for name, limit in MACHINES.items():
        axes.axhline(limit, color=COLOURS["muted"], linestyle=":", linewidth=1)
        axes.annotate(name, (1.1e6, limit * 1.15), fontsize=9, color=COLOURS["muted"])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("vectors of 384 dimensions")
    axes.set_ylabel("bytes")
    axes.legend(loc="lower right")
    return fig


if __name__ == "__main__":
    print({name: f"{size / 1e9:.1f} GB" for name, size in layouts(40_000_000).items()})
