"""Mean price of a cached prefix against its uses, for a short and a long lifetime."""

from matplotlib.figure import Figure

from whiteboard.architecture.caching_break_even import relative_cost
from whiteboard.figures import COLOURS, subplots

WRITES = {"5 minutes, written at 1.25": 1.25, "1 hour, written at 2": 2.0}
USES = range(1, 11)


def figure() -> Figure:
    fig, axes = subplots()
    for (name, write), colour in zip(WRITES.items(), ("accent", "second")):
        costs = [relative_cost(write, 0.1, uses) for uses in USES]
        axes.plot(USES, costs, marker="o", markersize=4, color=COLOURS[colour], label=name)
    axes.axhline(1, color=COLOURS["muted"], linewidth=1, linestyle=":")
    axes.annotate("not cached", (10, 1), (0, 4), textcoords="offset points", ha="right",
                  fontsize=9)  # fmt: skip
    axes.set_xticks(list(USES))
    axes.set_ylim(0, 2.1)
    axes.set_xlabel("uses of one prefix within its lifetime")
    axes.set_ylabel("price of the prefix, plain = 1")
    axes.legend()
    return fig


if __name__ == "__main__":
    print({name: relative_cost(write, 0.1, 2) for name, write in WRITES.items()})
