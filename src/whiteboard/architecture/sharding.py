"""Where each array of a training step lies: one named mesh, and one rule for each weight."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import jax
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Shaped

AXES = ("data", "fsdp", "expert", "tensor")
"""Axes of every mesh, neighbouring devices along the last; it is the one that needs the fastest
link. An axis of size 1 does nothing, so one program serves all layouts."""

BATCH_AXES = ("data", "fsdp", "expert")
"""Rows of the batch are split over these; devices along `tensor` share their rows."""

# --8<-- [start:rules]
RULES = {
    r"embed\.embedding": ("tensor", "fsdp"),  # [V, D]
    r"(q|k|v|gate|up)_proj\.kernel|head\.kernel": ("fsdp", "tensor"),  # columns: [D, F]
    r"(o|down)_proj\.kernel": ("tensor", "fsdp"),  # rows: [F, D]
    r"norm\.scale": ("fsdp",),  # [D]
    r"router": ("fsdp",),  # [D, E]
    r"experts\.(gate|up|down)": ("expert", "fsdp"),  # [E, D, F] and [E, F, D]
}
"""Pattern of a weight's name -> the mesh axis that splits each of its dimensions."""


def spec_of(name: str, shape: Sequence[int]) -> PartitionSpec:
    """How the array of that name is split. Adam's moments carry their weight's name: so are they.

    Args:
        name: path of the array in its tree, joined by dots; a pattern of `RULES` must occur in it.
        shape: shape of the whole array; a scalar is on every device.

    Returns:
        The mesh axis that splits each dimension, or None where it stays whole.

    Raises:
        ValueError: no rule, or more than one.
    """
    if not shape:
        return PartitionSpec()
    found = [axes for pattern, axes in RULES.items() if re.search(rf"\b(\w+_)?({pattern})", name)]
    if len(found) != 1:
        raise ValueError(f"wanted one rule for {name} {tuple(shape)}, got {len(found)}: see RULES")
    return PartitionSpec(*found[0])


# --8<-- [end:rules]


def make_mesh(**sizes: int) -> Mesh:
    """A mesh of all devices, of every process, over `AXES`; an axis that is not named has size 1.

    Raises:
        ValueError: an unknown axis, or the sizes are not the devices that there are.
    """
    if unknown := sizes.keys() - set(AXES):
        raise ValueError(f"wanted axes among {', '.join(AXES)}, got {', '.join(sorted(unknown))}")
    shape = tuple(sizes.get(axis, 1) for axis in AXES)
    if math.prod(shape) != jax.device_count():
        raise ValueError(
            f"the mesh {dict(zip(AXES, shape))} wants {math.prod(shape)} devices and there are "
            f"{jax.device_count()}: change an axis, or emulate with "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={math.prod(shape)}"
        )
    return jax.make_mesh(shape, AXES, axis_types=(AxisType.Auto,) * len(AXES))


def named(tree: Any) -> dict[str, Any]:
    """The leaves of a tree by their paths: `layers.0.attention.q_proj.kernel`."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    names = (jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in leaves)
    return {name.removesuffix(".value"): leaf for name, (_, leaf) in zip(names, leaves)}


def shardings(tree: Any, mesh: Mesh | AbstractMesh) -> Any:
    """A tree of the same structure: where each leaf lies on the mesh, by `spec_of`.

    Args:
        tree: arrays, or their shapes and dtypes, by name.
        mesh: devices and their axes.

    Returns:
        A tree of `NamedSharding`.

    Raises:
        ValueError: a dimension is no multiple of the axis that splits it.
    """
    placed = []
    for name, leaf in named(tree).items():
        spec = spec_of(name, leaf.shape)
        for size, axis in zip(leaf.shape, spec):
            if size % mesh.shape[axis]:
                raise ValueError(
                    f"{name}: {size} cannot be split over {axis}={mesh.shape[axis]}; "
                    f"choose a divisor of {size}"
                )
        placed.append(NamedSharding(mesh, spec))
    return jax.tree.unflatten(jax.tree.structure(tree), placed)


# --8<-- [start:gathered]
def gathered(tree: Any, mesh: Mesh | None, skip: tuple[str, ...] = ()) -> Any:
    """Weights whole along `fsdp`, still split along the other axes: what FSDP computes with.

    Written where a layer uses them, it is an all-gather just there. Differentiated, the same line
    is where the gradients of all devices are added.

    Args:
        tree: weights, in a function that is compiled.
        mesh: devices and their axes; None leaves the weights as they are.
        skip: beginnings of names that stay as they are.

    Returns:
        The same weights with their new placement.
    """
    if mesh is None:
        return tree

    def gather(name: str, leaf: Any) -> Any:
        if name.startswith(skip):
            return leaf
        spec = [axis if axis != "fsdp" else None for axis in spec_of(name, leaf.shape)]
        return jax.lax.with_sharding_constraint(leaf, NamedSharding(mesh, PartitionSpec(*spec)))

    leaves = [gather(name, leaf) for name, leaf in named(tree).items()]
    return jax.tree.unflatten(jax.tree.structure(tree), leaves)


# --8<-- [end:gathered]


# --8<-- [start:bytes]
def bytes_per_device(tree: Any, sizes: Mapping[str, int]) -> int:
    """The formula: sum over the leaves of size x itemsize / product of the axes that split it.

    Args:
        tree: arrays, or their shapes and dtypes.
        sizes: of the mesh's axes, by name.

    Returns:
        Bytes on each device; all have the same.
    """
    return sum(
        leaf.size * leaf.dtype.itemsize
        // math.prod(sizes[axis] for axis in spec_of(name, leaf.shape) if axis)
        for name, leaf in named(tree).items()
    )  # fmt: skip


def measured_bytes(tree: Any) -> int:
    """Bytes that the arrays of a tree really take on this process's first device."""
    device = jax.local_devices()[0]
    return sum(
        shard.data.nbytes
        for leaf in jax.tree.leaves(tree)
        for shard in leaf.addressable_shards
        if shard.device == device
    )


# --8<-- [end:bytes]


def by_batch(x: Shaped[Array, "batch *rest"], mesh: Mesh | None) -> Shaped[Array, "batch *rest"]:
    """Rows over `BATCH_AXES`, all else whole. Without it the compiler may choose otherwise.

    Args:
        x: activations, one row a sequence.
        mesh: devices and their axes; None leaves `x` as it is.

    Returns:
        The same array with its placement fixed.
    """
    if mesh is None:
        return x
    spec = PartitionSpec(BATCH_AXES)
    return jax.lax.with_sharding_constraint(x, NamedSharding(mesh, spec))
