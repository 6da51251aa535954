"""Weeks of traffic turning from names to sentences: MMD, what users get, the golden set."""

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.drift import mmd2, rbf_kernel, shuffled_windows
from whiteboard.retrieval.studies.drift_weeks import mmd_tests, python_traffic

SIZE, WEEKS, CHANGE = 100, 20, 8
SHARES = [0.3] * CHANGE + [min(0.3 + 0.06 * n, 0.9) for n in range(1, WEEKS - CHANGE + 1)]


def simulated() -> dict[str, np.ndarray]:
    """Each week beside one reference window: MMD^2, its alarm line, users' nDCG and the golden."""
    traffic, draw = python_traffic(), np.random.default_rng(21)
    reference = traffic.week(SHARES[0], SIZE, draw)
    weeks = np.stack([traffic.week(share, SIZE, draw) for share in SHARES])
    both = np.concatenate([np.tile(reference, (WEEKS, 1)), weeks], axis=1)
    shuffles = shuffled_windows(SIZE, SIZE, 199, seed=0)
    score, _ = mmd_tests(traffic.vectors[both], shuffles)
    line = []
    for rows in both:
        kernel = rbf_kernel(traffic.vectors[rows])
        line.append(float(jnp.quantile(jnp.stack([mmd2(kernel, s) for s in shuffles]), 0.95)))
    return {
        "score": np.asarray(score),
        "line": np.array(line),
        "users": np.asarray(traffic.ndcg)[weeks].mean(1),
        "golden": np.full(WEEKS, float(traffic.ndcg.mean())),
    }


def figure() -> Figure:
    rows, week = simulated(), np.arange(1, WEEKS + 1)
    fig, (top, bottom) = subplots(2, 1, figsize=(5.2, 4.4), sharex=True)
    top.plot(week, rows["score"], "o-", color=COLOURS["second"], label="drift score, MMD²")
    top.plot(week, rows["line"], "--", color=COLOURS["muted"], label="alarm line, 5%")
    top.set_ylabel("MMD²")
    bottom.plot(week, rows["golden"], color=COLOURS["accent"], label="fixed golden set")
    bottom.plot(week, rows["users"], "s-", color=COLOURS["third"], label="the week's users")
    bottom.set_ylabel("nDCG@10")
    bottom.set_ylim(0, 0.7)
    bottom.set_xlabel("week")
    bottom.set_xticks(range(4, WEEKS + 1, 4))
    fig.align_ylabels()
    for axes in (top, bottom):
        axes.axvline(CHANGE + 0.5, color=COLOURS["rule"])
        axes.legend(loc="upper left" if axes is top else "lower left")
    return fig


if __name__ == "__main__":
    rows = simulated()
    print("alarms in weeks", (np.flatnonzero(rows["score"] > rows["line"]) + 1).tolist())
