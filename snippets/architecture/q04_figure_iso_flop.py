"""The isoFLOP curves of the recorded study: held-out loss against size, one parabola a budget."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.iso_flop import parabola_minimum
from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.2, 3.6))
    runs = record("iso_flop")["results"]["runs"]
    for compute, colour in zip(
        sorted({run["compute"] for run in runs}), ("accent", "second", "third")
    ):
        of = [run for run in runs if run["compute"] == compute]
        sizes = np.array([run["parameters"] for run in of], float)
        losses = np.array([run["loss"] for run in of])
        axes.plot(sizes, losses, "o", color=COLOURS[colour], markersize=4.5)
        x = np.linspace(np.log(sizes.min()), np.log(sizes.max()), 40)
        axes.plot(np.exp(x), np.polyval(np.polyfit(np.log(sizes), losses, 2), x),
                  color=COLOURS[colour], label=f"{compute:.1e} FLOPs")  # fmt: skip
        axes.plot(*parabola_minimum(sizes, losses), "D", color=COLOURS["ink"], markersize=6)
    axes.set_xscale("log")
    axes.set_xlabel("parameters")
    axes.set_ylabel("held-out loss, nats a byte")
    axes.legend()
    return fig
