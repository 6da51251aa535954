"""The decoder of a step over a mesh: dense or sparse, each layer where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from whiteboard.architecture.expert_parallelism import expert_parallel
from whiteboard.architecture.mixture_of_experts import ExpertWeights, dropless_experts
from whiteboard.architecture.router import route
from whiteboard.architecture.sharding import by_batch, gathered
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Context
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.layers import DecoderLayer


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
        """The gated sum of each token's experts."""
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
        """The layer's output, its rows over the mesh and its weights gathered.

        Args:
            x: hidden states.
            context: positions and mask, which all layers share.
            cache: none: a training step has no cache.

        Returns:
            The new hidden states, and None for the cache.
        """

        def run(layer: DecoderLayer, x: Array) -> Array:
            return gathered(layer, self.mesh)(by_batch(x, self.mesh), context, None)[0]

        return (jax.checkpoint(run) if self.remat else run)(self.layer, x), None


def build(config: StepConfig, mesh: Mesh | None, *, rngs: nnx.Rngs) -> Decoder:
    """The decoder with placed layers; without a mesh, for one device and without constraints.

    Args:
        config: shapes, dtype, experts and remat.
        mesh: devices and their axes; None for one device.
        rngs: random numbers for the initial weights.

    Returns:
        A decoder whose layers are placed.
    """
    decoder = Decoder(config.decoder, rngs=rngs, dtype=config.dtype)
    for layer in decoder.layers if config.num_experts else ():
        layer.feed_forward = SparseFeedForward(config, mesh, rngs=rngs)  # type: ignore[assignment]
    placed = [PlacedLayer(layer, mesh, remat=config.remat) for layer in decoder.layers]
    decoder.layers = nnx.List(placed)  # type: ignore[arg-type]
    return decoder
