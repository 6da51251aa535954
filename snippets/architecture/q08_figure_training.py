"""DPO on the real model, as recorded: log-probabilities, margin, and what it then writes."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

LINES = {"DPO": ("second", "-"), "DPO + NLL": ("third", "--")}


def figure() -> Figure:
    fig, (log_probs, margins, right) = subplots(1, 3, figsize=(6.5, 2.9))
    results = record("preference_training")["results"]
    beta = results["conditions"]["beta"]
    for name, (colour, style) in LINES.items():
        rows = results["runs"][name]["watched"]
        step, chosen, rejected, yaml = (
            np.array([row[key] for row in rows]) for key in ("step", "chosen", "rejected", "yaml")
        )
        line = {"color": COLOURS[colour], "linestyle": style}
        log_probs.plot(step, chosen, **line, marker="o", markersize=3)
        log_probs.plot(step, rejected, **line, marker="x", markersize=4)
        gap = chosen - rejected
        margins.plot(step, beta * (gap - gap[0]), **line, label=name)
        right.plot(step, 100 * yaml, **line)
    log_probs.set_yscale("symlog", linthresh=1)
    log_probs.set_yticks([0, -1, -10, -100], ["0", "-1", "-10", "-100"])
    log_probs.set_title("log p: o chosen, x rejected")
    margins.set_title("margin")
    right.set_title("right records, %")
    margins.legend(loc="lower right")
    for axes in (log_probs, margins, right):
        axes.set_xlabel("step")
    return fig
