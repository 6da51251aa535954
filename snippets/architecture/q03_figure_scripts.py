"""Tokens for the same article in several languages, as a multiple of English, by vocabulary."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

SHOWN = {"cl100k (GPT-4)": "accent", "Qwen": "third", "o200k (GPT-4o)": "second"}
LEFT_OUT = {"English (Latin)", "Hebrew", "Bengali"}


def figure() -> Figure:
    results = record("tokens_per_character")["results"]
    fig, axes = subplots(figsize=(5.2, 4.4))
    languages = [name for name in results["Qwen"]["against_english"] if name not in LEFT_OUT]
    languages.sort(key=results["cl100k (GPT-4)"]["against_english"].__getitem__)
    rows = np.arange(len(languages))
    for offset, (name, colour) in zip((-0.26, 0, 0.26), SHOWN.items()):
        values = [results[name]["against_english"][language] for language in languages]
        axes.barh(rows + offset, values, 0.24, color=COLOURS[colour], label=name)
    axes.axvline(1, color=COLOURS["ink"], linewidth=1)
    axes.set_yticks(rows, languages)
    axes.invert_yaxis()
    axes.set_xlabel("tokens, as a multiple of English (line at 1)")
    axes.legend(loc="upper right")
    return fig


if __name__ == "__main__":
    print({name: record("tokens_per_character")["results"][name]["size"] for name in SHOWN})
