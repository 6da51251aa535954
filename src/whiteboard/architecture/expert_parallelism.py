"""Experts spread over devices: tokens travel to their experts and back, by two all-to-alls."""

from __future__ import annotations

from collections.abc import Callable

import jax
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Float

from whiteboard.architecture.collectives import collectives
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
    mesh: Mesh, *, top_k: int, capacity: int, axis: str = "expert"
) -> Callable[..., Float[Array, "tokens hidden_size"]]:
    """A sparse layer whose tokens and experts are both split over a mesh.

    Of n devices each holds T / n tokens, E / n experts, and the whole router. It fills `capacity`
    rows for each of the E experts, sends each device the rows of its experts, computes, and sends
    the results back. With `capacity` T / n nothing is dropped, and the answer is one device's.
    A mesh of more axes splits the tokens over all of them and copies the experts over the others.

    Args:
        mesh: its size must divide T.
        top_k: experts a token uses.
        capacity: rows of one device for one expert.
        axis: the axis of the mesh over which experts lie; its size must divide E.

    Returns:
        A function of x [tokens hidden_size], the router [hidden_size num_experts] and
        `ExpertWeights`, to jit.
    """
    split, whole = PartitionSpec(mesh.axis_names), PartitionSpec()

    def layer(x: Array, router: Array, weights: ExpertWeights) -> Array:
        routing = route(x @ router, top_k=top_k)
        place = places(routing.experts, router.shape[1])
        rows = dispatch(x, routing.experts, place, (router.shape[1], capacity))
        rows = jax.lax.all_to_all(rows, axis, 0, 1, tiled=True)  # [E / n, n capacity, D]
        rows = apply_experts(rows, weights)
        rows = jax.lax.all_to_all(rows, axis, 1, 0, tiled=True)  # [E, capacity, D] again
        return combine(rows, routing, place)

    specs = (split, whole, PartitionSpec(axis))
    return jax.shard_map(layer, mesh=mesh, in_specs=specs, out_specs=split)


# --8<-- [end:parallel]


def all_to_all_bytes(program: str) -> list[int]:
    """Bytes that one device hands to each all-to-all of a compiled program, its own share included.

    Args:
        program: `jitted.lower(...).compile().as_text()`.

    Returns:
        One number for each all-to-all. XLA writes its result as one array or as a tuple.
    """
    return [each.size for each in collectives(program) if each.kind == "all-to-all"]
