"""nDCG@10 of two retrievers, and their difference, as more queries are labelled; 95% intervals."""

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from whiteboard.data import python_queries, python_topics
from whiteboard.evaluation.intervals import bootstrap_interval
from whiteboard.evaluation.rank_metrics import best_first, ndcg
from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.grades import graded_answers
from whiteboard.retrieval.hybrid import python_index


def qualities() -> dict[str, np.ndarray]:
    """nDCG@10 of every query, in one random order of queries."""
    index, queries = python_index(), python_queries()
    grades = graded_answers(queries, index.chunks, python_topics())
    names = jnp.arange(len(index.chunks))
    scores = index.scores([query.text for query in queries])
    shuffled = np.random.default_rng(17).permutation(len(queries))
    return {
        name: np.asarray(ndcg(grades, best_first(scores[name], names), 10))[shuffled]
        for name in ("BM25", "RRF")
    }


def band(axes, counts, values, colour: str, label: str) -> None:
    means = [values[:n].mean() for n in counts]
    bounds = np.array([bootstrap_interval(values[:n], draws=2000) for n in counts]).T
    axes.plot(counts, means, color=COLOURS[colour], label=label)
    axes.fill_between(counts, *bounds, color=COLOURS[colour], alpha=0.2, linewidth=0)


def figure() -> Figure:
    found = qualities()
    counts = np.arange(10, len(found["RRF"]) + 1, 5)
    fig, (each, both) = subplots(2, 1, figsize=(5.2, 4.6), sharex=True)
    band(each, counts, found["RRF"], "accent", "RRF")
    band(each, counts, found["BM25"], "second", "BM25")
    each.set_ylabel("nDCG@10")
    each.legend(loc="upper right", ncols=2)
    band(both, counts, found["RRF"] - found["BM25"], "third", "RRF - BM25, paired")
    both.axhline(0, color=COLOURS["muted"], linewidth=0.8)
    both.set_ylabel("difference")
    both.set_xlabel("labelled queries")
    both.legend(loc="upper right")
    return fig


if __name__ == "__main__":
    for name, values in qualities().items():
        print(name, values.mean())
