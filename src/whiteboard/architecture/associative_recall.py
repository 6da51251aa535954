"""A task that only attention can solve, trained with and without the scale.

A sequence shows pairs of tokens, `a 7 k 2 f 9`; then comes one of the first tokens, `k`, and
its partner, `2`, must be named. One head without positions solves it, once queries match keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray, Scalar

Parameters = dict[str, Array]


@dataclass(frozen=True)
class Recall:
    """Sizes of the task and of the training. Chance is a loss of `log(vocab_size)`."""

    vocab_size: int = 64
    num_pairs: int = 16
    batch: int = 64
    head_dim: int = 256
    steps: int = 400
    optimizer: Literal["adam", "sgd"] = "adam"
    learning_rate: float = 1e-3


class History(NamedTuple):
    """What each step of a training saw, before its update.

    Attributes:
        loss: cross-entropy in nats.
        top_weight: mean of the largest attention weight.
        gradient: norm of the gradient at the query and key matrices together.
    """

    loss: Float[Array, "steps"]
    top_weight: Float[Array, "steps"]
    gradient: Float[Array, "steps"]


# --8<-- [start:recall]
def train(
    recall: Recall,
    *,
    scale: float,
    query_init: float = 1.0,
    query_rate: float = 1.0,
    seed: int = 0,
) -> History:
    """Train one attention head on associative recall, from scratch.

    Args:
        recall: sizes of the task and of the training.
        scale: factor on the scores before the softmax.
        query_init: factor on the initial query matrix: `head_dim ** -0.5` folds the scale into it.
        query_rate: factor on the query matrix's updates; 1 trains it like the others.
        seed: of the initial weights and of the data.

    Returns:
        Loss, largest weight and gradient norm of each step, before its update.
    """
    return _train(recall, scale, query_init, query_rate, seed)


@partial(jax.jit, static_argnums=0)
def _train(
    recall: Recall, scale: Scalar, query_init: Scalar, query_rate: Scalar, seed: Int[Array, ""]
) -> History:
    key = jax.random.key(seed)
    parameters = _initial(recall, key)
    parameters["query"] *= query_init
    make = {"adam": optax.adam, "sgd": optax.sgd}[recall.optimizer]
    optimizer = make(recall.learning_rate)

    def step(
        state: tuple[Parameters, optax.OptState], index: Int[Array, ""]
    ) -> tuple[tuple[Parameters, optax.OptState], History]:
        parameters, moments = state
        batch = _batch(recall, jax.random.fold_in(key, index))
        measured = jax.value_and_grad(_loss, has_aux=True)(parameters, *batch, scale)
        (loss, top_weight), gradient = measured
        updates, moments = optimizer.update(gradient, moments, parameters)
        updates["query"] *= query_rate
        seen = History(loss, top_weight, optax.tree.norm([gradient["query"], gradient["key"]]))
        return (optax.apply_updates(parameters, updates), moments), seen

    return jax.lax.scan(step, (parameters, optimizer.init(parameters)), jnp.arange(recall.steps))[1]


def _loss(
    parameters: Parameters,
    first: Int[Array, "batch pairs"],
    second: Int[Array, "batch pairs"],
    asked: Int[Array, "batch"],
    scale: Scalar,
) -> tuple[Scalar, Scalar]:
    """Cross-entropy of the partner's name, and the mean largest weight."""
    names = parameters["first"][first]
    asked_name = jnp.take_along_axis(names, asked[:, None, None], axis=1)[:, 0]
    query, key = asked_name @ parameters["query"], names @ parameters["key"]
    value = parameters["second"][second] @ parameters["value"]
    weights = jax.nn.softmax(scale * jnp.einsum("BN,BSN->BS", query, key), axis=-1)
    logits = jnp.einsum("BS,BSN->BN", weights, value) @ parameters["output"]
    partner = jnp.take_along_axis(second, asked[:, None], axis=1)[:, 0]
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, partner).mean()
    return loss, weights.max(axis=-1).mean()


# --8<-- [end:recall]


def _initial(recall: Recall, key: PRNGKeyArray) -> Parameters:
    """Unit-normal embeddings, and matrices that keep the variance of what they multiply."""
    width = recall.head_dim
    shapes = {"first": (recall.vocab_size, width), "second": (recall.vocab_size, width)}
    shapes |= dict.fromkeys(("query", "key", "value"), (width, width))
    shapes |= {"output": (width, recall.vocab_size)}
    keys = jax.random.split(key, len(shapes))
    drawn = {n: jax.random.normal(k, s) for k, (n, s) in zip(keys, shapes.items(), strict=True)}
    matrices = ("query", "key", "value", "output")
    return {n: x * width**-0.5 if n in matrices else x for n, x in drawn.items()}


def _batch(recall: Recall, key: PRNGKeyArray) -> tuple[Array, Array, Array]:
    """First tokens, all different within a sequence; their partners; which pair is asked for."""
    for_first, for_second, for_asked = jax.random.split(key, 3)
    tokens = jnp.broadcast_to(jnp.arange(recall.vocab_size), (recall.batch, recall.vocab_size))
    shuffled = jax.random.permutation(for_first, tokens, axis=1, independent=True)
    shape = (recall.batch, recall.num_pairs)
    second = jax.random.randint(for_second, shape, 0, recall.vocab_size)
    asked = jax.random.randint(for_asked, (recall.batch,), 0, recall.num_pairs)
    return shuffled[:, : recall.num_pairs], second, asked
