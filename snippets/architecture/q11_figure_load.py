"""Each expert's share of the assignments through training: no balancing, the loss, the bias."""

import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.expert_collapse import Toy, train
from whiteboard.figures import COLOURS, subplots

TOY, EVERY = Toy(), 20
RUNS = {
    "no balancing": {},
    "auxiliary loss": {"loss_weight": 0.2},
    "expert bias": {"bias_rate": 0.003},
}


def loads(balancing: dict[str, float]) -> np.ndarray:
    """Means over 20 steps of the load, in percent."""
    load = np.asarray(train(TOY, seed=1, **balancing).load)
    return 100 * load.reshape(-1, EVERY, TOY.num_experts).mean(axis=1)


def figure() -> Figure:
    fig, panels = subplots(1, 3, figsize=(6.4, 2.6), sharey=True)
    for axes, (name, balancing), colour in zip(panels, RUNS.items(), ("second", "accent", "third")):
        shares = loads(balancing)
        steps = EVERY * (np.arange(len(shares)) + 0.5)
        for expert in range(TOY.num_experts):
            axes.plot(steps, shares[:, expert], color=COLOURS[colour], linewidth=1.1)
        axes.axhline(100 / TOY.num_experts, color=COLOURS["ink"], linewidth=0.8, linestyle=":")
        axes.set_title(name)
        axes.set_xlabel("step")
        axes.set_xticks([0, 300, 600])
    panels[0].set_ylabel("share of assignments, %")
    return fig


if __name__ == "__main__":
    print({name: loads(run)[-1].round(1).tolist() for name, run in RUNS.items()})
