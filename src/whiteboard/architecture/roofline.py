"""A training step on a mesh before it runs: memory of a chip, time of each roof, and the bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whiteboard.architecture.parameter_count import parameters
from whiteboard.architecture.sharding import AXES
from whiteboard.architecture.training_flops import parameters_in_products
from whiteboard.data.accelerators import Accelerator, accelerators
from whiteboard.data.published_models import ModelShape, published_models

MODELS = tuple(
    published_models()[name]
    for name in ("Llama 3.1 8B", "Llama 3.1 70B", "Llama 3.1 405B", "Mixtral 8x7B")
)
BY_NAME = {model.name: model for model in MODELS}


@dataclass(frozen=True)
class Plan:
    """What a chip holds, in bytes, and what a step takes at least, in seconds.

    Attributes:
        state: float32 weights, gradients and Adam's two moments, 16 bytes a weight.
        gathered: the bf16 weights in use: a layer's, and both tables.
        activations: the layers' inputs, which remat keeps, and the logits.
        compute: seconds of arithmetic at the peak.
        reading: seconds of moving weights and state through the chip's own memory.
        collectives: seconds of sending along each axis of the mesh.
    """

    state: float
    gathered: float
    activations: float
    compute: float
    reading: float
    collectives: dict[str, float]

    @property
    def memory(self) -> float:
        """Bytes on a chip."""
        return self.state + self.gathered + self.activations

    @property
    def bound(self) -> str:
        """The roof that the step meets first: compute, reading, or an axis of the mesh."""
        roofs = {"compute": self.compute, "reading": self.reading} | self.collectives
        return max(roofs, key=lambda name: roofs[name])


# --8<-- [start:plan]
def plan(
    model: ModelShape,
    chip: Accelerator,
    sizes: Mapping[str, int],
    *,
    sequences: int,
    length: int,
    microbatches: int = 1,
) -> Plan:
    """A step of `training.sharded_step` in bf16 with remat, laid out by `sharding.RULES`.

    Args:
        model: dense weights are split over fsdp and tensor, routed experts over expert and fsdp.
            Its attention is grouped: latent attention has widths of its own.
        chip: the accelerator.
        sizes: of the mesh's axes, by name; missing ones are 1.
        sequences: number of sequences in the whole batch.
        length: tokens of one sequence.
        microbatches: parts of the batch, computed one after the other.

    Returns:
        Bytes in a chip's memory, and the seconds a step spends on compute, memory and each link.

    Raises:
        ValueError: an unknown axis, or latent attention.
    """
    if unknown := sizes.keys() - set(AXES):
        raise ValueError(f"wanted axes among {', '.join(AXES)}, got {', '.join(sorted(unknown))}")
    if model.latent is not None:
        raise ValueError("wanted num_kv_heads and head_dim, got latent attention: not planned here")
    data, fsdp, expert, tensor = (sizes.get(axis, 1) for axis in AXES)
    tokens, d, layers = sequences * length, model.hidden_size, model.num_layers
    here = tokens / (data * fsdp * expert * microbatches)  # tokens of a chip, at a time
    dense, experts = parameters(model, 0) / tensor, routed_parameters(model) / expert
    whole = dense + experts  # weights of a chip once fsdp has gathered them
    tables = (1 if model.tie_embeddings else 2) * model.vocab_size * d / tensor

    attention = 6 * layers * model.num_heads * model.head_dim * length  # causal: half of 12
    flops = (6 * active_parameters(model) + attention) * tokens * 4 / 3  # remat: forward twice
    passes = 6 * layers * microbatches  # forward, again, backward: two exchanges a layer in each
    row = 2 * here * d  # bytes of a layer's activations
    sent = {
        "data": ring(2 * whole / fsdp, data) * 2,
        "fsdp": ring(2 * whole, fsdp) * 3 * microbatches,
        "tensor": ring(row, tensor) * 2 * passes,
        "expert": ring(row * model.top_k, expert) * passes * (model.num_experts > 1)
        + ring(2 * dense / fsdp, expert) * 2,
    }
    own = 16 * whole / fsdp
    return Plan(
        state=own,
        gathered=2 * ((whole - tables) / layers + tables),
        activations=row * layers + 4 * here * model.vocab_size / tensor,
        compute=flops / (math.prod(sizes.values()) * chip.flops),
        reading=(2 * whole * 4 * microbatches + 1.75 * own) / chip.bandwidth,
        collectives={axis: sent[axis] / speed(chip, sizes, axis) for axis in AXES},
    )


def routed_parameters(model: ModelShape) -> int:
    """Weights of all routed experts, L E 3 D F: what the expert axis splits; 0 when dense."""
    return parameters(model) - parameters(model, 0)


def active_parameters(model: ModelShape) -> int:
    """Weights that a token is multiplied by: without an input table of its own, k of E experts."""
    return parameters_in_products(
        parameters(model, model.top_k),
        vocab_size=model.vocab_size,
        hidden_size=model.hidden_size,
        tie_embeddings=model.tie_embeddings,
    )


def ring(size: float, devices: int) -> float:
    """Bytes a device sends to gather, or to reduce and scatter, `size` bytes: an n-th stays.

    Args:
        size: bytes of the whole array.
        devices: n, devices of the ring.

    Returns:
        Bytes sent by each device.
    """
    return size * (devices - 1) / devices


def speed(chip: Accelerator, sizes: Mapping[str, int], axis: str) -> float:
    """Bytes a second one way along an axis: the link's, while the axis stays inside its domain.

    Chips are numbered as by `sharding.make_mesh`: neighbours along tensor, then expert, fsdp, data.

    Args:
        chip: the accelerator, with the speed of its links and of the network.
        sizes: of the mesh's axes, by name; missing ones are 1.
        axis: axis along which the devices communicate.

    Returns:
        Bytes a second that a chip can send.
    """
    reach = math.prod(sizes.get(each, 1) for each in AXES[AXES.index(axis) :])
    return chip.link / 2 if reach <= chip.domain else chip.network


# --8<-- [end:plan]


def calculator() -> dict[str, Any]:
    """The data of the widget `sharding`: models and accelerators, as this module has them."""
    return {
        "models": [
            {
                "name": m.name,
                "dense": parameters(m, 0),
                "experts": routed_parameters(m),
                "active": active_parameters(m),
                "vocab_size": m.vocab_size,
                "hidden_size": m.hidden_size,
                "num_layers": m.num_layers,
                "width": m.num_heads * m.head_dim,
                "num_experts": max(m.num_experts, 1),
                "top_k": max(m.top_k, 1),
            }
            for m in MODELS
        ],
        "accelerators": [vars(each) for each in accelerators().values()],
    }
