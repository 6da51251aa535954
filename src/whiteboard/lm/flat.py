"""A module whose arrays jit finds at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jax
from flax import nnx
from jaxtyping import Array, Shaped


@dataclasses.dataclass(frozen=True, eq=False)
class Structure:
    """All of a module but its arrays. Compared by identity: that takes no time."""

    tree: jax.tree_util.PyTreeDef


one_of_each = lru_cache(maxsize=64)(Structure)


@jax.tree_util.register_pytree_node_class
@dataclasses.dataclass(frozen=True, eq=False)
class Flat:
    """Stands for a module in calls of compiled functions; inside them it is that module.

    jit walks its arguments in Python at every call: 2 ms for the 272 variables of a small decoder,
    of a step of 20. A loop of steps walks once, ahead of them: `decode_step(flat(decoder), ...)`.
    """

    arrays: Sequence[Array]
    structure: Structure

    def tree_flatten(self) -> tuple[Sequence[Shaped[Array, "..."]], Structure]:
        """The arrays, already in a list."""
        return self.arrays, self.structure

    @classmethod
    def tree_unflatten(cls, structure: Structure, arrays: Sequence[Any]) -> Any:
        """The module again.

        Args:
            structure: tree structure of the module.
            arrays: its arrays, in the structure's order.

        Returns:
            The module itself, not a `Flat`.
        """
        return jax.tree.unflatten(structure.tree, arrays)


def flat(module: nnx.Module) -> Any:
    """The module as it is now, for calls of compiled functions: no attribute can be read of it."""
    arrays, tree = jax.tree.flatten(module)
    return Flat(arrays, one_of_each(tree))
