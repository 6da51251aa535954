"""The checks of the load-balancing loss."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.load_balancing import expert_load, load_balancing_loss
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Loss = Callable[[Array, Array], Array]
TOKENS, EXPERTS, TOP_K = 11, 5, 2


def _probs_and_experts(seed: int = 0) -> tuple[Array, Array]:
    powers = np.exp(3 * np.random.default_rng(seed).normal(size=(TOKENS, EXPERTS)))
    probs = powers / powers.sum(axis=1, keepdims=True)
    return jnp.asarray(probs, "float32"), jnp.asarray(np.argsort(-probs, axis=1)[:, :TOP_K])


def it_is_the_formula(candidate: Loss) -> None:
    """E sum f P, with f the share of the assignments and P the mean probability, in float64."""
    probs, experts = _probs_and_experts()
    f = np.bincount(np.asarray(experts).reshape(-1), minlength=EXPERTS) / experts.size
    want = EXPERTS * (f * np.asarray(probs, np.float64).mean(axis=0)).sum()
    expect_close(candidate(probs, experts), want, "11 tokens, 5 experts, top 2")


def collapse_costs_more(candidate: Loss) -> None:
    """All tokens on one expert cost E; tokens spread evenly cost 1."""
    everyone = jnp.zeros((EXPERTS, 1), int)
    collapsed = candidate(jnp.eye(EXPERTS)[everyone[:, 0]], everyone)
    even = candidate(jnp.eye(EXPERTS), jnp.arange(EXPERTS)[:, None])
    expect(
        abs(collapsed - EXPERTS) < 1e-3 and abs(even - 1) < 1e-3,
        f"5 experts: wanted 5 for collapse and 1 for even, got {collapsed:.2f} and {even:.2f}",
    )


def its_gradient_reaches_the_router(candidate: Loss) -> None:
    """Its gradient at an expert's probability is E times the expert's load, over the tokens."""
    probs, experts = _probs_and_experts()
    got = jax.grad(candidate)(probs, experts)
    load = expert_load(experts, EXPERTS)
    want = jnp.broadcast_to(EXPERTS * load / TOKENS, probs.shape)
    expect_close(got, want, "gradient at the probabilities")


EXERCISES = (
    Exercise.of(
        load_balancing_loss,
        checks=(it_is_the_formula, collapse_costs_more, its_gradient_reaches_the_router),
        probe=lambda candidate: [candidate(*_probs_and_experts(seed)) for seed in (1, 2)],
    ),
)
