"""Known wrong ways to balance experts, to send tokens to them, and to route."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.load_balancing import expert_load
from whiteboard.architecture.mixture_of_experts import (
    ExpertWeights,
    capacity_experts,
    dropless_experts,
)
from whiteboard.architecture.router import Routing, route
from whiteboard.practice.core import Variant
from whiteboard.practice.q11 import expert_checks as expert
from whiteboard.practice.q11 import load_balancing_checks as load_balancing
from whiteboard.practice.q11 import router_checks as router
from whiteboard.practice.q11.load_balancing_checks import EXPERTS, TOKENS, TOP_K


def constant_loss(probs: Array, experts: Array) -> Array:
    """the loss is the same number at every step, and experts starve"""
    # The mean over experts is 1 / E for every token: the product no longer depends on the router.
    return EXPERTS * (expert_load(experts, probs.shape[1]) * probs.mean()).sum()


def counts_alone(probs: Array, experts: Array) -> Array:
    """the loss shows the collapse and has no gradient: nothing mends it"""
    return probs.shape[1] * (expert_load(experts, probs.shape[1]) ** 2).sum() + 0 * probs.sum()


def tokens_lost_in_dispatch(x: Array, routing: Routing, weights: ExpertWeights) -> Array:
    """tokens over the capacity come out as zero; who is dropped depends on the others"""
    return capacity_experts(x, routing, weights, TOKENS * TOP_K // EXPERTS + 2)[0]


def left_in_expert_order(x: Array, routing: Routing, weights: ExpertWeights) -> Array:
    """the sort is not undone: tokens get each other's outputs, and shapes agree"""
    order = jnp.argsort(routing.experts.reshape(-1))
    first = order[jnp.argsort(order % TOP_K, stable=True)][: len(x)] // TOP_K
    return dropless_experts(x, routing, weights)[first]


def gates_before_the_experts(x: Array, routing: Routing, weights: ExpertWeights) -> Array:
    """the gates scale the inputs of a function that is not linear"""
    out = jnp.zeros_like(x)
    for i in range(routing.experts.shape[1]):
        one = Routing(routing.experts[:, i : i + 1], jnp.ones((len(x), 1)))
        out += dropless_experts(x * routing.gates[:, i, None], one, weights)
    return out


def never_normalised(logits: Array, *, normalize: bool = True, **options: object) -> Routing:
    """softmax over all, then top-k: outputs of a Mixtral checkpoint are too small"""
    return route(logits, normalize=False, **options)  # type: ignore[arg-type]


def always_normalised(logits: Array, *, normalize: bool = True, **options: object) -> Routing:
    """top-k, then softmax: outputs of an OLMoE checkpoint are too large"""
    return route(logits, normalize=True, **options)  # type: ignore[arg-type]


def _plain(scores: Array, biased: Array, top_k: int, normalize: bool, gated: Array) -> Routing:
    _, experts = jax.lax.top_k(biased, top_k)
    gates = jnp.take_along_axis(gated, experts, axis=1)
    return Routing(experts, gates / gates.sum(axis=1, keepdims=True) if normalize else gates)


def ties_to_expert_0(
    logits: Array, *, top_k: int, normalize: bool = True, expert_bias: Array | None = None
) -> Routing:
    """padding and a router of zeros load experts 0 to k - 1 with everything"""
    scores = jax.nn.softmax(logits)
    biased = scores if expert_bias is None else scores + expert_bias[None]
    return _plain(scores, biased, top_k, normalize, scores)


def bias_in_the_gates(
    logits: Array, *, top_k: int, normalize: bool = True, expert_bias: Array | None = None
) -> Routing:
    """the balancing bias also scales outputs: balance and quality pull at each other"""
    if expert_bias is None:
        return route(logits, top_k=top_k, normalize=normalize)
    biased = jax.nn.softmax(logits) + expert_bias[None]
    return _plain(biased, biased, top_k, normalize, biased)


MISTAKES = (
    # Of `load_balancing_loss`.
    Variant.of(
        constant_loss,
        caught_by=[
            load_balancing.it_is_the_formula,
            load_balancing.collapse_costs_more,
            load_balancing.its_gradient_reaches_the_router,
        ],
    ),
    Variant.of(
        counts_alone,
        caught_by=[
            load_balancing.it_is_the_formula,
            load_balancing.its_gradient_reaches_the_router,
        ],
    ),
    # Of `dropless_experts`.
    Variant.of(tokens_lost_in_dispatch, caught_by=[expert.no_token_is_lost]),
    Variant.of(
        left_in_expert_order,
        caught_by=[expert.equals_the_weighted_sum, expert.tokens_keep_their_places],
    ),
    Variant.of(
        gates_before_the_experts,
        caught_by=[expert.equals_the_weighted_sum, expert.no_token_is_lost],
    ),
    # Of `route`.
    Variant.of(
        never_normalised, caught_by=[router.gates_add_up_when_asked, router.the_bias_only_chooses]
    ),
    Variant.of(always_normalised, caught_by=[router.gates_are_probabilities_otherwise]),
    Variant.of(ties_to_expert_0, caught_by=[router.ties_are_spread]),
    Variant.of(bias_in_the_gates, caught_by=[router.the_bias_only_chooses]),
)
