"""A training step on a mesh before it runs: memory of a chip, time of each roof, and the bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whiteboard.architecture.sharding import AXES
from whiteboard.data.accelerators import Accelerator, accelerators


@dataclass(frozen=True)
class TrainedModel:
    """The shape of a decoder whose tables are not tied, as its config gives it.

    Attributes:
        num_experts: E of each feed-forward layer; 1 is dense.
        top_k: experts that a token uses.
    """

    name: str
    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    num_experts: int = 1
    top_k: int = 1

    @property
    def expert_parameters(self) -> int:
        """L E 3 D F when it is sparse, else 0: what the expert axis splits."""
        each = 3 * self.hidden_size * self.intermediate_size
        return self.num_layers * self.num_experts * each if self.num_experts > 1 else 0

    @property
    def dense_parameters(self) -> int:
        """2 V D + D + L (2 D N (H + K) + 2 D), and the router L D E or the feed-forward L 3 D F."""
        d = self.hidden_size
        attention = 2 * d * self.head_dim * (self.num_heads + self.num_kv_heads)
        sparse = self.num_experts > 1
        other = d * self.num_experts if sparse else 3 * d * self.intermediate_size
        return 2 * self.vocab_size * d + d + self.num_layers * (attention + 2 * d + other)

    @property
    def active_parameters(self) -> float:
        """Weights that a token is multiplied by: without the input table, k of E experts."""
        used = self.expert_parameters * self.top_k / self.num_experts
        return self.dense_parameters - self.vocab_size * self.hidden_size + used


MODELS = (
    TrainedModel("Llama 3.1 8B", 128_256, 4096, 14_336, 32, 32, 8, 128),
    TrainedModel("Llama 3.1 70B", 128_256, 8192, 28_672, 80, 64, 8, 128),
    TrainedModel("Llama 3.1 405B", 128_256, 16_384, 53_248, 126, 128, 8, 128),
    TrainedModel("Mixtral 8x7B", 32_000, 4096, 14_336, 32, 32, 8, 128, 8, 2),
)
"""From the config.json of each on the Hugging Face hub."""
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
    model: TrainedModel,
    chip: Accelerator,
    sizes: Mapping[str, int],
    *,
    sequences: int,
    length: int,
    microbatches: int = 1,
) -> Plan:
    """A step of `training.sharded_step` in bf16 with remat, laid out by `sharding.RULES`.

    Args:
        model: dense weights are split over fsdp and tensor, experts over expert and fsdp.
        chip: the accelerator.
        sizes: of the mesh's axes, by name; missing ones are 1.
        sequences: of the whole batch.
        length: tokens of one.
        microbatches: parts of the batch, one after the other.

    Raises:
        ValueError: an unknown axis.
    """
    if unknown := sizes.keys() - set(AXES):
        raise ValueError(f"wanted axes among {', '.join(AXES)}, got {', '.join(sorted(unknown))}")
    data, fsdp, expert, tensor = (sizes.get(axis, 1) for axis in AXES)
    tokens, d, layers = sequences * length, model.hidden_size, model.num_layers
    here = tokens / (data * fsdp * expert * microbatches)  # tokens of a chip, at a time
    dense, experts = model.dense_parameters / tensor, model.expert_parameters / expert
    whole = dense + experts  # weights of a chip once fsdp has gathered them
    tables = 2 * model.vocab_size * d / tensor

    attention = 6 * layers * model.num_heads * model.head_dim * length  # causal: half of 12
    flops = (6 * model.active_parameters + attention) * tokens * 4 / 3  # remat: forward twice
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


def ring(size: float, devices: int) -> float:
    """Bytes a device sends to gather, or to reduce and scatter, ``size`` bytes: an n-th stays."""
    return size * (devices - 1) / devices


def speed(chip: Accelerator, sizes: Mapping[str, int], axis: str) -> float:
    """Bytes a second one way along an axis: the link's, while the axis stays inside its domain.

    Chips are numbered as by `sharding.make_mesh`: neighbours along tensor, then expert, fsdp, data.
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
                "dense": m.dense_parameters,
                "experts": m.expert_parameters,
                "active": m.active_parameters,
                "vocab_size": m.vocab_size,
                "hidden_size": m.hidden_size,
                "num_layers": m.num_layers,
                "width": m.num_heads * m.head_dim,
                "num_experts": m.num_experts,
                "top_k": m.top_k,
            }
            for m in MODELS
        ],
        "accelerators": [vars(each) for each in accelerators().values()],
    }
