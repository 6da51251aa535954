"""Bytes read and time taken by a decode step of SmolLM2 against its KV heads, as recorded."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots


def shares() -> dict[str, dict[str, float]]:
    """Weights, cache and time of a step, in percent of the step with 9 KV heads."""
    rows = record("grouped_heads")["results"]["decode"]
    full = rows["9"]["weight_bytes"] + rows["9"]["cache_bytes"]
    return {
        heads: {
            "weights read": 100 * row["weight_bytes"] / full,
            "cache read": 100 * row["cache_bytes"] / full,
            "time": 100 * row["time_of_9_heads"],
        }
        for heads, row in rows.items()
    }


def figure() -> Figure:
    fig, axes = subplots(figsize=(4.4, 3.0))
    rows = shares()
    at = np.arange(len(rows))
    weights, cache, time = (np.array([r[part] for r in rows.values()]) for part in rows["9"])
    axes.bar(at - 0.19, weights, 0.34, color=COLOURS["muted"], label="weights read")
    axes.bar(at - 0.19, cache, 0.34, weights, color=COLOURS["accent"], label="cache read")
    axes.bar(at + 0.19, time, 0.34, color=COLOURS["second"], label="time")
    for place, height in ((at - 0.19, weights + cache), (at + 0.19, time)):
        for x, y in zip(place, height):
            axes.annotate(f"{y:.0f}", (x, y), (0, 2), textcoords="offset points", ha="center",
                          fontsize=9)  # fmt: skip
    names = {"9": "9 KV heads", "3": "3", "1": "1"}
    axes.set_xticks(at, [names[heads] for heads in rows])
    axes.set_ylim(0, 125)
    axes.set_ylabel("% of the step with 9")
    axes.legend(ncols=3, loc="upper center", columnspacing=0.8, handlelength=1.2)
    return fig


if __name__ == "__main__":
    print(shares())
