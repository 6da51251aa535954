"""Recall@10 of the four retrievers, for identifiers and for paraphrases, with 95% intervals."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.evaluation.answer_ranks import recall_at
from whiteboard.evaluation.intervals import wilson_interval
from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.studies.retrievers import of_kind, python_comparison

KINDS = {"identifier": ("accent", "identifiers", "o"), "paraphrase": ("second", "paraphrases", "s")}


def figure() -> Figure:
    ranks = python_comparison()
    fig, axes = subplots()
    for shift, (kind, (colour, label, marker)) in zip((-0.12, 0.12), KINDS.items(), strict=True):
        hits = [recall_at(row, 10)[of_kind(kind)] for row in ranks.values()]
        means = np.array([row.mean() for row in hits])
        bounds = np.array([wilson_interval(row) for row in hits]).T
        axes.errorbar(
            np.arange(len(hits)) + shift,
            means,
            yerr=np.abs(bounds - means),
            fmt=marker,
            color=COLOURS[colour],
            capsize=3,
            label=label,
        )
    axes.set_xticks(range(len(ranks)), ranks)
    axes.set_xlim(-0.5, len(ranks) - 0.5)
    axes.set_ylim(0, 1.04)
    axes.set_ylabel("recall@10")
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.65))
    return fig


if __name__ == "__main__":
    for name, row in python_comparison().items():
        print(name, recall_at(row, 10).mean())
