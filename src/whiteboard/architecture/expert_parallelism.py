"""Experts spread over devices: tokens travel to their experts and back, by two all-to-alls."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import jax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float

from whiteboard.architecture.mixture_of_experts import (
    ExpertWeights,
    apply_experts,
    combine,
    dispatch,
    places,
)
from whiteboard.architecture.router import route


# --8<-- [start:parallel]
def expert_parallel(
    mesh: Mesh, *, top_k: int, capacity: int
) -> Callable[..., Float[Array, "tokens hidden_size"]]:
    """A sparse layer whose tokens and experts are both split over a mesh of one axis.

    Of n devices each holds T / n tokens, E / n experts, and the whole router. It fills ``capacity``
    rows for each of the E experts, sends each device the rows of its experts, computes, and sends
    the results back. With ``capacity`` T / n nothing is dropped, and the answer is one device's.

    Args:
        mesh: devices along one axis; its size must divide T and E.
        top_k: experts a token uses.
        capacity: rows of one device for one expert.

    Returns:
        A function of x [tokens hidden_size], the router [hidden_size num_experts] and
        `ExpertWeights`, to jit.
    """
    (axis,) = mesh.axis_names
    split, whole = PartitionSpec(axis), PartitionSpec()

    def layer(x: Array, router: Array, weights: ExpertWeights) -> Array:
        routing = route(x @ router, top_k=top_k)
        place = places(routing.experts, router.shape[1])
        rows = dispatch(x, routing.experts, place, (router.shape[1], capacity))
        rows = jax.lax.all_to_all(rows, axis, 0, 1, tiled=True)  # [E / n, n capacity, D]
        rows = apply_experts(rows, weights)
        rows = jax.lax.all_to_all(rows, axis, 1, 0, tiled=True)  # [E, capacity, D] again
        return combine(rows, routing, place)

    return jax.shard_map(layer, mesh=mesh, in_specs=(split, whole, split), out_specs=split)


# --8<-- [end:parallel]


def all_to_all_bytes(program: str) -> list[int]:
    """Bytes that one device hands to each all-to-all of a compiled program, its own share included.

    Args:
        program: ``jitted.lower(...).compile().as_text()``.

    Returns:
        One number for each all-to-all. XLA writes its result as one array or as a tuple.
    """
    found = re.findall(r"= (\(.*?\)|\S+) all-to-all(?:-start)?\(", program)
    arrays = r"(f32|bf16|f16)\[([\d,]*)\]"
    return [
        sum(
            (4 if dtype == "f32" else 2) * math.prod(int(n) for n in dims.split(",") if n)
            for dtype, dims in re.findall(arrays, result)
        )
        for result in found
    ]
