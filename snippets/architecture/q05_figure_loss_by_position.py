"""SmolLM2's loss by position up to 16,384 tokens, one curve a scheme, as recorded."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

CURVES = {
    "plain": ("as trained", "second", "-"),
    "linear": ("interpolated", "third", "-"),
    "ntk": ("NTK-aware", "fourth", "-"),
    "yarn": ("YaRN", "accent", "-"),
    "window": ("window of 4k to 8k", "muted", ":"),
}


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.2, 3.4))
    results = record("long_context")["results"]
    block, trained = results["conditions"]["block"], results["conditions"]["trained"]
    for name, (label, colour, line) in CURVES.items():
        losses = results["blocks"][name]
        middle = (np.arange(len(losses)) + 0.5) * block / 1000
        axes.plot(middle, losses, line, color=COLOURS[colour], label=label)
    axes.axvline(trained / 1000, color=COLOURS["muted"], linewidth=0.8, linestyle="--")
    axes.annotate("trained length ", (trained / 1000, 7), ha="right", fontsize=9)
    axes.set_xlabel("position, thousands of tokens")
    axes.set_ylabel("loss, nats a token")
    axes.set_ylim(0, 7.4)
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.88))
    return fig


if __name__ == "__main__":
    figure()
