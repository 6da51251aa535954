"""A small mixture of experts trained with and without balancing: who gets the tokens.

Tokens come from eight clusters, and each cluster asks for another function of its tokens. They
share a large common part, as hidden states of a language model do, so that a fresh router prefers
the same few experts for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Scalar

from whiteboard.architecture.load_balancing import (
    expert_load,
    load_balancing_loss,
    update_expert_bias,
)
from whiteboard.architecture.mixture_of_experts import ExpertWeights, dropless_experts
from whiteboard.architecture.router import route


@dataclass(frozen=True)
class Toy:
    """Sizes of the task, the layer and the training."""

    hidden_size: int = 16
    expert_size: int = 16
    num_experts: int = 8
    top_k: int = 2
    clusters: int = 8
    common: float = 2.0
    tokens: int = 256
    steps: int = 600
    learning_rate: float = 3e-3


class History(NamedTuple):
    """What each step saw, before its update.

    Attributes:
        error: mean squared error over the targets' variance: 1 for a layer that outputs zero.
        load: share of the assignments that each expert got.
    """

    error: Float[Array, "steps"]
    load: Float[Array, "steps num_experts"]


# --8<-- [start:train]
def train(toy: Toy, *, loss_weight: float = 0.0, bias_rate: float = 0.0, seed: int = 0) -> History:
    """Train one sparse layer; both factors zero is no balancing.

    Args:
        toy: sizes of the task and of the training.
        loss_weight: factor on the load-balancing loss.
        bias_rate: step of the expert bias, which is updated outside the gradient.
        seed: of the weights and of the data.

    Returns:
        What each step measured, before its update.
    """
    return _train(toy, loss_weight, bias_rate, seed)


def experts_in_use(load: Float[Array, "*steps num_experts"]) -> Float[Array, "*steps"]:
    """exp(entropy) of the load: E when it is even, k when the same k experts get all of it."""
    return jnp.exp(jax.scipy.special.entr(load).sum(axis=-1))


# --8<-- [end:train]


@partial(jax.jit, static_argnums=0)
def _train(toy: Toy, loss_weight: Scalar, bias_rate: Scalar, seed: Int[Array, ""]) -> History:
    keys = jax.random.split(jax.random.key(seed), 3)
    task, parameters = _task(toy, keys[0]), _initial(toy, keys[1])
    optimizer = optax.adam(toy.learning_rate)

    def objective(parameters: Any, bias: Array, x: Array, y: Array) -> tuple[Array, Any]:
        logits = x @ parameters["router"]
        routing = route(logits, top_k=toy.top_k, normalize=toy.top_k > 1, expert_bias=bias)
        out = dropless_experts(x, routing, parameters["experts"])
        error = jnp.mean((out - y) ** 2) / jnp.mean(y**2)
        balance = load_balancing_loss(jax.nn.softmax(logits), routing.experts)
        return error + loss_weight * balance, (error, expert_load(routing.experts, len(bias)))

    def step(carry: Any, key: Array) -> tuple[Any, Any]:
        parameters, state, bias = carry
        x, y = _batch(toy, task, key)
        gradient, (error, load) = jax.grad(objective, has_aux=True)(parameters, bias, x, y)
        updates, state = optimizer.update(gradient, state, parameters)
        parameters = optax.apply_updates(parameters, updates)
        return (parameters, state, update_expert_bias(bias, load, rate=bias_rate)), (error, load)

    start = (parameters, optimizer.init(parameters), jnp.zeros(toy.num_experts))
    _, seen = jax.lax.scan(step, start, jax.random.split(keys[2], toy.steps))
    return History(*seen)


def _task(toy: Toy, key: Array) -> dict[str, Array]:
    common, centre, asked = jax.random.split(key, 3)
    width = toy.hidden_size
    shared = jax.random.normal(common, (width,))
    return {
        "common": toy.common * shared / jnp.linalg.norm(shared) * width**0.5,
        "centre": jax.random.normal(centre, (toy.clusters, width)),
        "asked": jax.random.normal(asked, (toy.clusters, width, width)) / width**0.5,
    }


def _batch(toy: Toy, task: dict[str, Array], key: Array) -> tuple[Array, Array]:
    which, noise = jax.random.split(key)
    cluster = jax.random.randint(which, (toy.tokens,), 0, toy.clusters)
    own = task["centre"][cluster] + 0.3 * jax.random.normal(noise, (toy.tokens, toy.hidden_size))
    target = jnp.tanh(jnp.einsum("TD,TDF->TF", own, task["asked"][cluster]))
    return task["common"][None] + own, target


def _initial(toy: Toy, key: Array) -> dict[str, Any]:
    router, *experts = jax.random.split(key, 4)
    init = jax.nn.initializers.lecun_normal(in_axis=-2, batch_axis=0)
    sizes = (toy.num_experts, toy.hidden_size, toy.expert_size)
    shapes = (sizes, sizes, (sizes[0], sizes[2], sizes[1]))
    return {
        "router": jax.random.normal(router, sizes[1::-1]) / toy.hidden_size**0.5,
        "experts": ExpertWeights(*(init(k, shape) for k, shape in zip(experts, shapes))),
    }
