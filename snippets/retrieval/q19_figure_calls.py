"""Answered questions against calls, for each group, beside one search that hands on as much."""

from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots
from whiteboard.retrieval.studies.agentic_search import CALLS, GROUPS, K, agentic_study

LINES = {"one search": "muted", "rule": "second", "choose": "accent"}


def shares() -> dict[str, dict[str, list[float]]]:
    """The share of held-out questions answered after 1, 2 and 3 calls, by group and policy."""
    study, results = agentic_study(), record("agentic_rag")["results"]
    found = {"one search": [study.one_search(K * call) for call in range(1, CALLS + 1)]}
    for name in ("rule", "choose"):
        asked = {text: row["asked"] for text, row in results["policies"][name].items()}
        found[name] = list(study.answered(asked).T)
    rows = {group: study.rows(group, "held-out") for group in GROUPS}
    return {
        group: {name: [float(hits[r].mean()) for hits in calls] for name, calls in found.items()}
        for group, r in rows.items()
    }


def figure() -> Figure:
    fig, every = subplots(1, 3, figsize=(5.0, 2.8), sharey=True)
    labels = {
        "one search": "one search",
        "rule": "loop, rule",
        "choose": "loop, model",
    }
    for axes, (group, lines) in zip(every, shares().items(), strict=True):
        for name, values in lines.items():
            style = "--" if name == "one search" else "-"
            axes.plot(
                [1, 2, 3], values, style, marker="o", color=COLOURS[LINES[name]], label=labels[name]
            )
        axes.set_title(group)
        axes.set_xticks([1, 2, 3])
        axes.set_ylim(0, 1)
    every[0].set_ylabel("answered")
    every[1].set_xlabel("calls, of 5 passages each")
    every[0].legend(loc="lower left", fontsize=7)
    return fig


if __name__ == "__main__":
    for group, lines in shares().items():
        print(group, {name: [round(v, 2) for v in values] for name, values in lines.items()})
