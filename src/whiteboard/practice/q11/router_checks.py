"""The checks of the router's choice and gates."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.router import Routing, route
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Route = Callable[..., Routing]
TOKENS, EXPERTS, TOP_K = 11, 5, 2


def _logits(seed: int = 0) -> Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(TOKENS, EXPERTS)), "float32")


def _softmax(logits: Array) -> np.ndarray:
    powers = np.exp(np.asarray(logits, np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


def _best(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, axis=1)[:, :TOP_K]


def gates_add_up_when_asked(candidate: Route) -> None:
    """normalize=True: the k gates are the softmax over all experts divided by the k gates' sum."""
    scores = _softmax(_logits())
    gates = np.take_along_axis(scores, _best(scores), 1)
    got = candidate(_logits(), top_k=TOP_K, normalize=True)
    want = gates / gates.sum(axis=1, keepdims=True)
    expect_close(got.gates, want, "top 2 of 5, normalised")


def gates_are_probabilities_otherwise(candidate: Route) -> None:
    """normalize=False: the gates are the softmax over all experts, and add up to less than 1."""
    scores = _softmax(_logits())
    got = candidate(_logits(), top_k=TOP_K, normalize=False)
    want = np.take_along_axis(scores, _best(scores), 1)
    expect_close(got.gates, want, "top 2 of 5, as they are")


def ties_are_spread(candidate: Route) -> None:
    """Ten tokens with all logits equal load each of five experts alike."""
    experts = candidate(jnp.zeros((10, EXPERTS)), top_k=TOP_K).experts
    load = np.bincount(np.asarray(experts).reshape(-1), minlength=EXPERTS)
    expect((load == 4).all(), f"equal logits, 20 assignments to 5 experts: loads {load.tolist()}")


def the_bias_only_chooses(candidate: Route) -> None:
    """A large expert bias puts that expert among the k; its gate stays its own score."""
    bias = jnp.zeros(EXPERTS).at[3].set(9.0)
    got, scores = candidate(_logits(), top_k=TOP_K, expert_bias=bias), _softmax(_logits())
    chosen = _best(scores + np.asarray(bias))
    order = np.argsort(np.asarray(got.experts), axis=1)
    expect_close(jnp.sort(got.experts, axis=1), np.sort(chosen, axis=1), "bias 9 on expert 3")
    gates = np.take_along_axis(scores, np.sort(chosen, axis=1), 1)
    want = gates / gates.sum(axis=1, keepdims=True)
    expect_close(jnp.take_along_axis(got.gates, order, axis=1), want, "bias 9 on expert 3, gates")


EXERCISES = (
    Exercise.of(
        route,
        checks=(
            gates_add_up_when_asked,
            gates_are_probabilities_otherwise,
            ties_are_spread,
            the_bias_only_chooses,
        ),
        probe=lambda candidate: [
            candidate(logits, top_k=TOP_K, normalize=n, expert_bias=bias)
            for logits in (_logits(1), jnp.zeros((TOKENS, EXPERTS)))
            for n in (True, False)
            for bias in (None, jnp.arange(EXPERTS) / 10)
        ],
    ),
)
