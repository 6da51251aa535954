"""The shared training step over a mesh: the decoder, dense or sparse, placed and made ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.expert_parallelism import expert_parallel
from whiteboard.architecture.mixture_of_experts import ExpertWeights, dropless_experts
from whiteboard.architecture.router import route
from whiteboard.architecture.sharding import by_batch, gathered, shardings
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Context, Decoder, DecoderLayer
from whiteboard.training.step import train_step


@dataclass(frozen=True)
class StepConfig:
    """What is trained, and how one step of it is computed.

    Attributes:
        decoder: the shape of the model.
        num_experts: of each feed-forward layer, every one of the dense layer's width; 0 is dense.
        top_k: experts a token uses.
        microbatches: parts of the batch whose gradients are added, one after the other.
        remat: keep each layer's input alone, and compute the rest again in the backward pass.
        dtype: of activations and of the weights inside the step; the weights that are kept, their
            gradients' sum and Adam's moments are float32.
    """

    decoder: DecoderConfig
    num_experts: int = 0
    top_k: int = 2
    microbatches: int = 1
    remat: bool = False
    dtype: DTypeLike = jnp.float32


class SparseFeedForward(nnx.Module):
    """Routed experts in the place of a decoder's feed-forward layer; no token is dropped."""

    def __init__(self, config: StepConfig, mesh: Mesh | None, *, rngs: nnx.Rngs) -> None:
        hidden, inner = config.decoder.hidden_size, config.decoder.intermediate_size
        init = nnx.initializers.lecun_normal(in_axis=-2, batch_axis=0)
        wide, tall = (config.num_experts, hidden, inner), (config.num_experts, inner, hidden)
        self.top_k, self.mesh = config.top_k, mesh
        self.router = nnx.Param(
            nnx.initializers.lecun_normal()(rngs.params(), (hidden, config.num_experts))
        )
        self.experts = nnx.Dict(
            gate=nnx.Param(init(rngs.params(), wide)),
            up=nnx.Param(init(rngs.params(), wide)),
            down=nnx.Param(init(rngs.params(), tall)),
        )

    def __call__(
        self, x: Float[Array, "batch time hidden_size"]
    ) -> Float[Array, "batch time hidden_size"]:
        tokens, router = x.reshape(-1, x.shape[-1]), self.router[...]
        experts = ExpertWeights(*(self.experts[name][...] for name in ExpertWeights._fields))
        if self.mesh is None:
            routing = route(tokens @ router, top_k=self.top_k)
            return dropless_experts(tokens, routing, experts).reshape(x.shape)
        capacity = len(tokens) // self.mesh.size  # all of a device's tokens: none is dropped
        layer = expert_parallel(self.mesh, top_k=self.top_k, capacity=capacity)
        return layer(tokens, router, experts).reshape(x.shape)


class PlacedLayer(nnx.Module):
    """A decoder layer: its rows over the mesh's batch axes, its weights gathered as it uses them.

    With remat its input alone is kept: the rest is computed, and gathered, again going backward.
    """

    def __init__(self, layer: DecoderLayer, mesh: Mesh | None, *, remat: bool) -> None:
        self.layer, self.mesh, self.remat = layer, mesh, remat

    def __call__(
        self, x: Float[Array, "batch time hidden_size"], context: Context, cache: None
    ) -> tuple[Float[Array, "batch time hidden_size"], None]:
        def run(layer: DecoderLayer, x: Array) -> Array:
            return gathered(layer, self.mesh)(by_batch(x, self.mesh), context, None)[0]

        return (jax.checkpoint(run) if self.remat else run)(self.layer, x), None


def build(config: StepConfig, mesh: Mesh | None, *, rngs: nnx.Rngs) -> Decoder:
    """The decoder with placed layers; without a mesh, for one device and without constraints."""
    decoder = Decoder(config.decoder, rngs=rngs, dtype=config.dtype)
    for layer in decoder.layers if config.num_experts else ():
        layer.feed_forward = SparseFeedForward(config, mesh, rngs=rngs)  # type: ignore[assignment]
    placed = [PlacedLayer(layer, mesh, remat=config.remat) for layer in decoder.layers]
    decoder.layers = nnx.List(placed)  # type: ignore[arg-type]
    return decoder


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
    """Sum of ``-share log p(token)``: over a whole batch the mean, over a part its summand."""
    logits = decoder(tokens)[:, :-1].astype(jnp.float32)
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:])
    return (losses * share[:, 1:]).sum()


def accumulated(config: StepConfig, mesh: Mesh | None) -> Callable[..., Callable[..., Any]]:
    """`jax.value_and_grad` of float32 weights, cast for the pass, a microbatch at a time.

    Part m takes rows m, m + M, m + 2 M...: each device's rows give to every part, and none moves.
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
        ``state(seed) -> (weights, moments)``; ``gradient(weights, batch) -> (loss, gradient)``;
        ``step(weights, moments, rest, batch) -> (weights, moments, loss)`` of `train_step`, where
        rest is an empty ``nnx.State``; and the shapes of (weights, moments) with their places.
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
