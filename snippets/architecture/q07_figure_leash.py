"""What is optimised and what is meant, against KL: five reward models, leashed and not."""

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.kl_estimators import kl_divergence, regularised_optimum
from whiteboard.architecture.syllables import word_classes
from whiteboard.data import record
from whiteboard.figures import COLOURS, subplots

SMOOTH = 4


def frontier() -> tuple[np.ndarray, np.ndarray]:
    """KL and reward of the best policies there are, one for each weight of the leash."""
    log_chance, reward = (jnp.asarray(x) for x in word_classes())
    best = [regularised_optimum(log_chance, reward, beta=b) for b in np.geomspace(0.05, 20, 50)]
    kl = [float(kl_divergence(p, log_chance)) for p in best]
    return np.array(kl), np.array([float(jnp.exp(p) @ reward) for p in best])


def figure() -> Figure:
    runs = record("rlhf")["results"]["runs"]
    fig, panels = subplots(2, 1, figsize=(4.4, 5.0), sharex=True)
    for axes, name in zip(panels, ("score", "verified")):
        for kl_coef, colour, label in ((0.0, "second", "no leash"), (0.1, "accent", "leash")):
            for run in (r for r in runs if (r["algorithm"], r["kl_coef"]) == ("ppo", kl_coef)):
                kl, reward = (np.reshape(run[x], (-1, SMOOTH)).mean(1) for x in ("kl", name))
                axes.plot(kl, reward, color=COLOURS[colour], linewidth=1.1, label=label)
                axes.plot(kl[-1], reward[-1], "o", color=COLOURS[colour], markersize=4)
                label = None
        axes.set_xlim(0, 21)
    panels[1].set_xlabel("KL from the SFT model, nats")
    panels[0].set_title("the reward model's score")
    panels[1].set_title("the verified reward")
    panels[1].plot(*frontier(), ":", color=COLOURS["ink"], linewidth=1.2, label="best possible")
    panels[1].legend(loc="center right")
    return fig


if __name__ == "__main__":
    print(np.round(frontier(), 2))
