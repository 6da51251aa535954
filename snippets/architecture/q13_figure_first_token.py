"""Time to the first token against the shared prefix, as `benchmarks/` recorded it."""

from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots


def measured() -> dict[int, int]:
    """Shared tokens of 1,024 -> milliseconds."""
    rows = record("prompt_caching")["results"]["by_shared_tokens"]
    return {int(shared): row["milliseconds"] for shared, row in rows.items()}


def figure() -> Figure:
    fig, axes = subplots()
    times = measured()
    axes.plot(list(times), list(times.values()), marker="o", color=COLOURS["accent"])
    for shared, milliseconds in times.items():
        axes.annotate(f"{milliseconds:,} ms", (shared, milliseconds), (4, 5),
                      textcoords="offset points", fontsize=9)  # fmt: skip
    axes.set_xticks(list(times))
    axes.set_xlim(0, 1090)
    axes.set_ylim(0, 1.1 * max(times.values()))
    axes.set_xlabel("tokens of 1,024 found in the cache")
    axes.set_ylabel("ms to the first token")
    return fig


if __name__ == "__main__":
    print(measured())
