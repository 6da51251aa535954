"""The checks of tokens sent to their experts and back."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.mixture_of_experts import ExpertWeights, dropless_experts
from whiteboard.architecture.router import Routing, route
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect_close

Experts = Callable[[Array, Routing, ExpertWeights], Array]
TOKENS, EXPERTS, TOP_K, HIDDEN, WIDTH = 11, 5, 2, 3, 7


def _logits(seed: int = 0) -> Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(TOKENS, EXPERTS)), "float32")


def _layer(seed: int = 0, skew: float = 0.0) -> tuple[Array, Routing, ExpertWeights]:
    draw = np.random.default_rng(seed)
    shapes = [(EXPERTS, HIDDEN, WIDTH), (EXPERTS, HIDDEN, WIDTH), (EXPERTS, WIDTH, HIDDEN)]
    weights = ExpertWeights(*(jnp.asarray(draw.normal(size=s), "float32") for s in shapes))
    x = jnp.asarray(draw.normal(size=(TOKENS, HIDDEN)), "float32")
    return x, route(_logits(seed).at[:, 1].add(skew), top_k=TOP_K), weights


def _by_definition(x: Array, routing: Routing, weights: ExpertWeights) -> np.ndarray:
    """One token and one of its experts at a time, in float64: the oracle."""
    rows, gate, up, down = (np.asarray(a, np.float64) for a in (x, *weights))
    out = np.zeros_like(rows)
    for t, i in np.ndindex(*routing.experts.shape):
        e = int(routing.experts[t, i])
        hidden = rows[t] @ gate[e]
        hidden = hidden / (1 + np.exp(-hidden)) * (rows[t] @ up[e])
        out[t] += float(routing.gates[t, i]) * hidden @ down[e]
    return out


def equals_the_weighted_sum(candidate: Experts) -> None:
    """Each output is the sum of gate times expert over the token's experts, in float64."""
    layer = _layer()
    expect_close(
        candidate(*layer), _by_definition(*layer), "11 tokens, 5 experts, top 2", rtol=1e-3
    )


def no_token_is_lost(candidate: Experts) -> None:
    """All tokens choose expert 1, and none of them is dropped."""
    layer = _layer(skew=9.0)
    given = "every token on expert 1"
    expect_close(candidate(*layer), _by_definition(*layer), given, rtol=1e-3)


def tokens_keep_their_places(candidate: Experts) -> None:
    """Tokens given in reverse come out in reverse."""
    x, routing, weights = _layer()
    backwards = Routing(routing.experts[::-1], routing.gates[::-1])
    got = candidate(x[::-1], backwards, weights)
    expect_close(got[::-1], candidate(x, routing, weights), "tokens in reverse", rtol=1e-3)


EXERCISES = (
    Exercise.of(
        dropless_experts,
        checks=(equals_the_weighted_sum, no_token_is_lost, tokens_keep_their_places),
        probe=lambda candidate: [
            candidate(*_layer(seed, skew)) for seed, skew in ((1, 0.0), (2, 9.0))
        ],
    ),
)
