"""How far averaging documents in moved each held-out query's answer up or down the list."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import KINDS, record
from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.studies.hyde_gain import hyde_study, searched


def doublings() -> dict[str, np.ndarray]:
    """log2(rank before / rank after) of every held-out query, by kind, sorted: 1 halves it."""
    results = record("hyde")["results"]
    study = hyde_study()
    vectors = searched(study, results["settings"][results["chosen"]], results["number"])
    moved = np.log2(np.asarray(study.ranks(study.vectors) / study.ranks(vectors))).mean(1)
    rows = {kind: study.rows(kind=kind, split="held-out") for kind in KINDS}
    return {kind: np.sort(moved[row])[::-1] for kind, row in rows.items()}


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.2, 3.2))
    start = 0
    for kind, values in doublings().items():
        places = np.arange(start, start + len(values))
        colours = [COLOURS["accent" if value > 0 else "second"] for value in values]
        axes.bar(places, values, color=colours, width=0.8)
        axes.text(places.mean(), 5.3, kind, ha="center")
        start += len(values) + 3
    axes.axhline(0, color=COLOURS["muted"], linewidth=0.8)
    axes.set_xticks([])
    axes.set_ylim(-6.5, 6.2)
    axes.set_yticks([-6, -4, -2, 0, 2, 4], ["1/64", "1/16", "1/4", "same", "x4", "x16"])
    axes.set_ylabel("nearer to the top")
    axes.set_xlabel("held-out queries, by what HyDE did to them")
    return fig


if __name__ == "__main__":
    for kind, values in doublings().items():
        print(kind, (values > 0).sum(), "up", (values < 0).sum(), "down", values.round(1))
