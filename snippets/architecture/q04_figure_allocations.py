"""Tokens per parameter against the training budget: the published fits, and models trained."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.published_laws import PUBLISHED
from whiteboard.architecture.scaling_laws import optimum
from whiteboard.figures import COLOURS, subplots

LINES = {
    "Kaplan 2020": ("Kaplan", "muted", "-"),
    "Hoffmann 2022, isoFLOP": ("Hoffmann, isoFLOP", "accent", "-"),
    "Hoffmann 2022, formula": ("Hoffmann, formula as printed", "second", "-"),
    "the same, unrounded": ("formula, unrounded", "second", "--"),
    "Besiroglu 2024, refit": ("Besiroglu, refit", "third", "-"),
    "Llama 3 2024": ("Llama 3", "fourth", "-"),
}
MODELS = {
    "GPT-3": (175e9, 300e9),
    "Gopher": (280e9, 300e9),
    "Chinchilla": (70e9, 1.4e12),
    "Llama 3 405B": (405e9, 15.6e12),
    "Llama 3 8B": (8e9, 15e12),
}


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.4, 4.0))
    compute = np.geomspace(1e19, 1e26, 30)
    for name, (label, colour, line) in LINES.items():
        ratios = [optimum(PUBLISHED[name], c).tokens_per_parameter for c in compute]
        axes.plot(compute, ratios, line, color=COLOURS[colour], label=label)
    for name, (size, tokens) in MODELS.items():
        at = (6 * size * tokens, tokens / size)
        axes.plot(*at, "o", color=COLOURS["ink"], markersize=5)
        below = name in ("Gopher", "Chinchilla")
        axes.annotate(name, at, (0, -13 if below else 6), textcoords="offset points", ha="center",
                      fontsize=9)  # fmt: skip
    axes.set(xscale="log", yscale="log", ylim=(0.3, 4000), xlim=(1e19, 3e26))
    axes.set_xlabel("training FLOPs")
    axes.set_ylabel("tokens per parameter")
    axes.legend(loc="upper left", fontsize=8.5)
    return fig
