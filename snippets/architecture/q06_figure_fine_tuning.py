"""What changes over the steps of fine-tuning, at two rates: format, answers, and other text."""

from matplotlib.figure import Figure

from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

NAMES = {
    "held out, in the format": "answers in the format, of 24",
    "topics": "loss on documentation, nats",
}


def figure() -> Figure:
    runs = record("supervised_fine_tuning")["results"]["runs"]
    fig, panels = subplots(2, 1, figsize=(4.4, 4.8), sharex=True)
    styles = zip(runs.items(), (("accent", "o", "-"), ("second", "s", "--")))
    for (name, run), (colour, marker, line) in styles:
        measured = run["measured"]
        for axes, (key, title) in zip(panels, NAMES.items()):
            axes.plot([int(s) for s in measured], [row[key] for row in measured.values()],
                      color=COLOURS[colour], marker=marker, linestyle=line, markersize=4,
                      label=name)  # fmt: skip
            axes.set_title(title)
    panels[1].set_xlabel("steps")
    panels[0].set_ylim(-1, 26)
    panels[1].set_ylim(0, None)
    panels[0].legend(loc="lower right")
    return fig


if __name__ == "__main__":
    figure()
