"""Mean and spread of the three KL estimators of one token, as the policy leaves its reference."""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.kl_estimators import k1, k2, k3, kl_divergence
from whiteboard.figures import COLOURS, subplots


def moments() -> dict[str, np.ndarray]:
    """KL, and for each estimator mean / KL and standard deviation / KL, summed over all tokens."""
    reference, direction = jax.random.normal(jax.random.key(0), (2, 100))
    log_q, rows = jax.nn.log_softmax(reference), []
    for size in np.geomspace(0.02, 6, 40):
        log_p = jax.nn.log_softmax(reference + size * direction)
        kl, row = float(kl_divergence(log_p, log_q)), []
        for estimate in (k1, k2, k3):
            values = estimate(log_p, log_q)
            mean = jnp.exp(log_p) @ values
            spread = jnp.sqrt(jnp.exp(log_p) @ (values - mean) ** 2)
            row += [float(mean) / kl, float(spread) / kl]
        rows.append([kl, *row])
    columns = np.array(rows).T
    return {"kl": columns[0], "k1": columns[1:3], "k2": columns[3:5], "k3": columns[5:7]}


def figure() -> Figure:
    fig, panels = subplots(2, 1, figsize=(4.4, 4.8), sharex=True)
    found = moments()
    for name, colour, style in (
        ("k1", "second", "-"),
        ("k2", "third", "-"),
        ("k3", "accent", "--"),
    ):
        for axes, values in zip(panels, found[name]):
            axes.plot(found["kl"], values, style, color=COLOURS[colour], label=name)
    for axes, title in zip(panels, ("mean, in KLs", "standard deviation, in KLs")):
        axes.set_xscale("log")
        axes.set_title(title)
    panels[1].set_xlabel("KL of one token, nats")
    panels[0].set_ylim(0, 2)
    panels[1].set_yscale("log")
    panels[0].legend(loc="lower left")
    return fig


if __name__ == "__main__":
    print({name: np.round(values, 3).tolist() for name, values in moments().items()})
