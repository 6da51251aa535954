"""Quality against time: three rerankers at 5 to 100 candidates, beside the first stage alone."""

from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.studies.reranking import at_depth, read, reranking_study

LINES = {
    "MaxSim": "accent",
    "cross-encoder": "third",
    "likelihood": "fourth",
    "hard negatives alone": "second",
}
SAME_WORK = {"hard negatives alone": "cross-encoder"}


def points() -> dict[str, list[tuple[int, float, float]]]:
    """Candidates, processor milliseconds and mean nDCG@10 on held-out queries, by reranker."""
    results, study = record("rerankers")["results"], reranking_study()
    spent, found = results["processor milliseconds"], {}
    for name in LINES:
        order, took = read(results["orders"][name]), spent[SAME_WORK.get(name, name)]
        depths = [int(depth) for depth in took if int(depth) <= order.shape[1]]
        quality = [float(study.ndcg(at_depth(order, depth)).mean()) for depth in depths]
        found[name] = [(n, took[str(n)], q) for n, q in zip(depths, quality, strict=True)]
    first = study.order_by(study.first, 100)
    found["first stage"] = [(100, spent["first stage"]["100"], float(study.ndcg(first).mean()))]
    return found


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.2, 3.4))
    found = points()
    level = found.pop("first stage")[0][2]
    axes.axhline(level, color=COLOURS["muted"], linewidth=1, linestyle="--")
    axes.text(60, level, "first stage alone", color=COLOURS["muted"], va="bottom", fontsize=8)
    for (name, rows), marker in zip(found.items(), "os^v", strict=True):
        axes.plot(
            [row[1] for row in rows],
            [row[2] for row in rows],
            color=COLOURS[LINES[name]],
            marker=marker,
            label=name,
        )
        for depth, spent, quality in (rows[0], rows[-1]):
            axes.annotate(
                str(depth), (spent, quality), (0, 6), textcoords="offset points", ha="center"
            )
    axes.set_xscale("log")
    axes.set_xlabel("processor milliseconds a query, beside the first stage's")
    axes.set_ylabel("nDCG@10, held-out queries")
    axes.legend(loc="lower left")
    return fig


if __name__ == "__main__":
    for name, rows in points().items():
        print(name, *(f"{depth}: {spent} ms {quality:.3f}" for depth, spent, quality in rows))
