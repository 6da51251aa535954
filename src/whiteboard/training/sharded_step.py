"""The shared training step over a mesh: its gradient, and its compiled parts made ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.sharding import gathered, shardings
from whiteboard.architecture.token_log_probs import token_log_probs
from whiteboard.lm.decoder import Decoder
from whiteboard.training.placed_decoder import StepConfig, build
from whiteboard.training.step import train_step


class Batch(NamedTuple):
    """Tokens, and which of them are to be predicted: not padding, not another's text."""

    tokens: Int[Array, "batch time"]
    counted: Bool[Array, "batch time"]


# --8<-- [start:gradient]
def share_of_mean(batch: Batch) -> Float[Array, "batch time"]:
    """1 / (tokens that count in the whole batch) for each that counts, 0 for the others.

    With it a mean is a sum, and sums may be cut anywhere: over devices, over microbatches.
    """
    counted = batch.counted.at[:, 0].set(False)  # nothing stands before the first token
    return counted / counted.sum()


def summed_loss(
    decoder: Decoder, tokens: Int[Array, "batch time"], share: Float[Array, "batch time"]
) -> Float[Array, ""]:
    """Sum of `-share log p(token)`: over a whole batch the mean, over a part its summand.

    Args:
        decoder: the model.
        tokens: ids of the rows.
        share: weight of each token in the mean; 0 where it does not count.

    Returns:
        One number, in nats.
    """
    losses = -token_log_probs(decoder(tokens)[:, :-1], tokens[:, 1:])
    return (losses * share[:, 1:]).sum()


def accumulated(config: StepConfig, mesh: Mesh | None) -> Callable[..., Callable[..., Any]]:
    """`jax.value_and_grad` of float32 weights, cast for the pass, a microbatch at a time.

    Part m takes rows m, m + M, m + 2 M...: each device's rows give to every part, and none moves.

    Args:
        config: number of microbatches, and the dtype of the pass.
        mesh: devices and their axes; None for one device.

    Returns:
        A function of the loss that returns the function for value and gradient.
    """
    parts = config.microbatches

    def place(tree: Any) -> Any:
        placed = mesh and shardings(tree, mesh)
        return jax.lax.with_sharding_constraint(tree, placed) if mesh else tree

    def value_and_grad(loss: Callable[..., Array]) -> Callable[..., Any]:
        def of_part(weights: Any, rest: Any, part: Any) -> tuple[Array, Any]:
            def of_masters(weights: Any) -> Array:
                cast = jax.tree.map(lambda weight: weight.astype(config.dtype), weights)
                return loss(cast, rest, part)

            value, gradient = jax.value_and_grad(of_masters)(weights)
            return value, place(gradient)

        def of_batch(weights: Any, rest: Any, batch: Batch) -> tuple[Array, Any]:
            whole = batch.tokens, share_of_mean(batch)
            if parts == 1:
                return of_part(weights, rest, whole)

            def add(total: Any, part: Any) -> tuple[Any, None]:
                return jax.tree.map(jnp.add, total, of_part(weights, rest, part)), None

            cut = jax.tree.map(lambda x: x.reshape(-1, parts, x.shape[1]).swapaxes(0, 1), whole)
            zeros = jnp.zeros(()), place(jax.tree.map(jnp.zeros_like, weights))
            return jax.lax.scan(add, zeros, cut)[0]

        return of_batch

    return value_and_grad


# --8<-- [end:gradient]


@dataclass(frozen=True)
class ShardedStep:
    """A step made ready: `state` makes (weights, Adam's moments) where they belong."""

    state: Callable[[int], tuple[Any, Any]]
    gradient: jax.stages.Wrapped
    step: Callable[..., Any]
    abstract: tuple[Any, Any]


def make_step(
    config: StepConfig, mesh: Mesh | None, optimizer: optax.GradientTransformation
) -> ShardedStep:
    """The compiled parts of training over a mesh.

    Args:
        config: model and step.
        mesh: of `sharding.make_mesh`; None is one device, and nothing is said of placing.
        optimizer: of optax; its state is split as the weights are.

    Returns:
        `state(seed) -> (weights, moments)`; `gradient(weights, batch) -> (loss, gradient)`;
        `step(weights, moments, rest, batch) -> (weights, moments, loss)` of `train_step`, where
        rest is an empty `nnx.State`; and the shapes of (weights, moments) with their places.
    """
    masters = replace(config, dtype=jnp.float32)

    def make(key: Array) -> tuple[Any, Any]:
        weights = nnx.state(build(masters, mesh, rngs=nnx.Rngs(key)), nnx.Param)
        return weights, optimizer.init(weights)

    def loss(decoder: Decoder, part: Any) -> Array:
        return summed_loss(gathered(decoder, mesh, skip=("layers.",)), *part)

    abstract = jax.eval_shape(make, jax.random.key(0))
    places = None
    if mesh is not None:
        places = shardings(abstract, mesh)
        abstract = jax.tree.map(
            lambda leaf, place: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=place),
            abstract,
            places,
        )
    graph = nnx.graphdef(nnx.eval_shape(lambda: build(config, mesh, rngs=nnx.Rngs(0))))
    value_and_grad = accumulated(config, mesh)
    gradient = value_and_grad(
        lambda weights, rest, part: loss(nnx.merge(graph, weights, rest), part)
    )
    made = jax.jit(make, out_shardings=places)
    return ShardedStep(
        state=lambda seed: made(jax.random.key(seed)),
        gradient=jax.jit(lambda weights, batch: gradient(weights, nnx.State({}), batch)),
        step=train_step(graph, loss=loss, optimizer=optimizer, value_and_grad=value_and_grad),
        abstract=abstract,
    )
