"""Question 11: the router's choice and gates, and the ways they are got wrong."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.router import Routing, route
from whiteboard.practice.core import Check, Exercise, Variant
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


def never_normalised(logits: Array, *, normalize: bool = True, **options: object) -> Routing:
    return route(logits, normalize=False, **options)  # type: ignore[arg-type]


def always_normalised(logits: Array, *, normalize: bool = True, **options: object) -> Routing:
    return route(logits, normalize=True, **options)  # type: ignore[arg-type]


def _plain(scores: Array, biased: Array, top_k: int, normalize: bool, gated: Array) -> Routing:
    _, experts = jax.lax.top_k(biased, top_k)
    gates = jnp.take_along_axis(gated, experts, axis=1)
    return Routing(experts, gates / gates.sum(axis=1, keepdims=True) if normalize else gates)


def ties_to_expert_0(
    logits: Array, *, top_k: int, normalize: bool = True, expert_bias: Array | None = None
) -> Routing:
    scores = jax.nn.softmax(logits)
    biased = scores if expert_bias is None else scores + expert_bias[None]
    return _plain(scores, biased, top_k, normalize, scores)


def bias_in_the_gates(
    logits: Array, *, top_k: int, normalize: bool = True, expert_bias: Array | None = None
) -> Routing:
    if expert_bias is None:
        return route(logits, top_k=top_k, normalize=normalize)
    biased = jax.nn.softmax(logits) + expert_bias[None]
    return _plain(biased, biased, top_k, normalize, biased)


EXERCISES = (
    Exercise(
        question=11,
        right=route,
        checks=(
            Check(gates_add_up_when_asked),
            Check(gates_are_probabilities_otherwise),
            Check(ties_are_spread),
            Check(the_bias_only_chooses),
        ),
        variants=(
            Variant(
                "never_normalised",
                "softmax over all, then top-k: outputs of a Mixtral checkpoint are too small",
                never_normalised,
                frozenset({"gates_add_up_when_asked", "the_bias_only_chooses"}),
            ),
            Variant(
                "always_normalised",
                "top-k, then softmax: outputs of an OLMoE checkpoint are too large",
                always_normalised,
                frozenset({"gates_are_probabilities_otherwise"}),
            ),
            Variant(
                "ties_to_expert_0",
                "padding and a router of zeros load experts 0 to k - 1 with everything",
                ties_to_expert_0,
                frozenset({"ties_are_spread"}),
            ),
            Variant(
                "bias_in_the_gates",
                "the balancing bias also scales outputs: balance and quality pull at each other",
                bias_in_the_gates,
                frozenset({"the_bias_only_chooses"}),
            ),
        ),
        probe=lambda candidate: [
            candidate(logits, top_k=TOP_K, normalize=n, expert_bias=bias)
            for logits in (_logits(1), jnp.zeros((TOKENS, EXPERTS)))
            for n in (True, False)
            for bias in (None, jnp.arange(EXPERTS) / 10)
        ],
    ),
)
