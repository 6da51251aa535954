"""Reward against KL: offline DPO on few pairs and on many, online DPO, policy gradient."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from whiteboard.architecture.online_preferences import (
    History,
    Toy,
    log_policy,
    reference_table,
    train,
    true_reward,
)
from whiteboard.architecture.preference_losses import optimal_policy
from whiteboard.figures import COLOURS, subplots

RUNS = {
    "offline DPO, 128 pairs": (Toy(), "offline DPO", "second"),
    "offline DPO, 16,384 pairs": (Toy(pairs=16_384), "offline DPO", "fourth"),
    "online DPO": (Toy(), "online DPO", "third"),
    "policy gradient": (Toy(), "policy gradient", "accent"),
}


@cache
def histories() -> dict[str, History]:
    return {name: train(toy, method, 0) for name, (toy, method, _) in RUNS.items()}


def frontier(toy: Toy) -> np.ndarray:
    """KL and reward of the best policies, one a beta."""
    reference, reward = log_policy(toy, reference_table(toy, 0)), true_reward(toy)

    @jax.jit
    def best(beta):
        policy = optimal_policy(reference, reward, beta=beta)
        p = jnp.exp(policy)
        return (p * (policy - reference)).sum(), (p * reward).sum()

    return np.array([best(beta) for beta in np.geomspace(0.15, 50, 40)])


def figure() -> Figure:
    fig, axes = subplots(figsize=(5.6, 3.6))
    axes.plot(*frontier(Toy()).T, color=COLOURS["ink"], linestyle=":", label="best at each KL")
    for name, history in histories().items():
        colour = COLOURS[RUNS[name][2]]
        axes.plot(history.kl[::12], history.reward[::12], color=colour, label=name)
        axes.plot(history.kl[-1:], history.reward[-1:], "o", color=colour, markersize=5)
    axes.set_xlabel("KL from the reference, nats")
    axes.set_ylabel("expected true reward")
    axes.set(xlim=(0, 4.6), ylim=(0.8, 4.7))
    axes.legend(loc="upper left")
    return fig
