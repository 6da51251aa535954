"""Tokens that each rotary pair of SmolLM2 takes for one turn, as trained and scaled by 4."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.rope_scaling import METHODS, RopeScaling, scaled_frequencies
from whiteboard.figures import COLOURS, subplots
from whiteboard.lm.config import DecoderConfig

LABELS = {"linear": "interpolated", "ntk": "NTK-aware", "yarn": "YaRN"}
FACTOR = 4.0


def figure() -> Figure:
    fig, axes = subplots()
    config = DecoderConfig.smollm2_135m()
    colours = iter(("second", "third", "fourth", "accent"))
    for method in (None, *METHODS):
        scaling = method and RopeScaling(
            method=method, factor=FACTOR, original_length=config.max_length
        )
        frequency, _ = scaled_frequencies(config.head_dim, config.rope_theta, scaling or None)
        axes.plot(
            2 * np.pi / np.asarray(frequency),
            color=COLOURS[next(colours)],
            label=LABELS[method] if method else "as trained",
        )
    axes.axhline(config.max_length, color=COLOURS["muted"], linewidth=0.8, linestyle="--")
    axes.annotate("trained length", (0, config.max_length * 1.25), fontsize=9)
    axes.set_yscale("log")
    axes.set_xlabel("pair, from the fastest")
    axes.set_ylabel("tokens a turn")
    axes.legend(loc="lower right")
    return fig


if __name__ == "__main__":
    figure()
