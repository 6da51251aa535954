"""Share of a layer's experts that a decode step reads, against the batch, for two shapes."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.published_experts import DEEPSEEK_V3, MIXTRAL_8X7B, distinct_experts
from whiteboard.figures import COLOURS, subplots

BATCH = 2.0 ** np.arange(11)


def shares(model) -> np.ndarray:
    """Percent of the experts, when every expert is as likely as any other."""
    read = [distinct_experts(model.num_experts, model.top_k, batch) for batch in BATCH]
    return 100 * np.array(read) / model.num_experts


def figure() -> Figure:
    fig, axes = subplots()
    for model, colour in ((MIXTRAL_8X7B, "accent"), (DEEPSEEK_V3, "second")):
        label = f"{model.name}: {model.top_k} of {model.num_experts}"
        axes.plot(
            BATCH, shares(model), marker="o", markersize=4, color=COLOURS[colour], label=label
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(BATCH[::2], [f"{batch:.0f}" for batch in BATCH[::2]])
    axes.set_ylim(0, 104)
    axes.set_xlabel("tokens in the decode step")
    axes.set_ylabel("experts read in a layer, %")
    axes.legend(loc="lower right")
    return fig


if __name__ == "__main__":
    print(shares(MIXTRAL_8X7B).round(1), shares(DEEPSEEK_V3).round(1))
