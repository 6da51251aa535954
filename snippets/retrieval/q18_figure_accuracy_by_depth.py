"""SmolLM2's accuracy by depth with intervals and chance: 40 lines, and what was done about it."""

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.studies.depth_curve import depth_curve
from whiteboard.retrieval.studies.lost_in_the_middle import from_record

CURVES = {
    "plain": ("40 lines", "accent", "o-"),
    "10 lines": ("10 lines", "third", "s-"),
    "asked twice": ("40 lines, asked before and after", "second", "^-"),
}


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.2, 3.6))
    recorded = record("lost_in_the_middle")["results"]
    for shift, (name, (label, colour, line)) in zip((-0.8, 0, 0.8), CURVES.items(), strict=True):
        curve = depth_curve(jnp.asarray(from_record(recorded[name]).hits), recorded[name]["lines"])
        bounds = np.abs(np.array([curve.low, curve.high]) - np.asarray(curve.accuracy))
        depths = 100 * np.array(recorded[name]["depths"]) + shift
        axes.errorbar(depths, curve.accuracy, bounds, None, line, color=COLOURS[colour],
                      capsize=2.5, markersize=5, elinewidth=1, label=label)  # fmt: skip
        axes.axhline(float(curve.chance), color=COLOURS[colour], linewidth=1, linestyle=":")
    axes.annotate("chance, 10 lines", (11, 0.11), ha="center", fontsize=9)
    axes.annotate("chance, 40 lines", (11, 0.036), ha="center", fontsize=9)
    axes.set_xlabel("depth of the line that is asked for, percent")
    axes.set_ylabel("share of lists answered")
    axes.set_ylim(-0.02, 1.04)
    axes.set_xticks(range(0, 101, 25))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=1, borderaxespad=0)
    return fig


if __name__ == "__main__":
    figure()
