"""Temporary memory and time of attention's gradient by tokens, as recorded on a processor."""

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

LOOKS = {
    "whole matrix": ("second", "o"),
    "blocks, autodiff": ("third", "s"),
    "blocks, own backward": ("accent", "^"),
}


def series(measure: str) -> dict[str, tuple[list[int], list[float]]]:
    """Tokens and values of each form, where they were measured."""
    rows = record("blocked_attention")["results"]
    measured = {int(tokens): row[measure] for tokens, row in rows.items() if measure in row}
    return {form: (list(measured), [r[form] for r in measured.values()]) for form in LOOKS}


def figure() -> Figure:
    fig, panels = subplots(2, 1, figsize=(4.4, 4.8), sharex=True)
    ticks, _ = series("gradient_megabytes")["whole matrix"]
    for axes, measure, label in zip(
        panels,
        ("gradient_megabytes", "gradient_milliseconds"),
        ("temporary memory, MB", "time, ms"),
    ):
        for form, (tokens, values) in series(measure).items():
            colour, marker = LOOKS[form]
            axes.plot(tokens, values, marker=marker, color=COLOURS[colour], label=form)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(ticks)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1024:g}k"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
        axes.set_ylabel(label)
    panels[1].set_xlabel("tokens")
    panels[0].legend(loc="upper left", fontsize=8)
    return fig


if __name__ == "__main__":
    print(series("gradient_megabytes"))
