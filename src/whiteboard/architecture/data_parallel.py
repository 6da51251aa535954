"""The gradient of a batch that lies on several devices, a microbatch at a time, written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Shaped

Losses = Callable[[Any, Shaped[Array, "rows *rest"]], Float[Array, "rows"]]
"""`losses(weights, rows)`: one number for each row."""


# --8<-- [start:gradient]
def data_parallel_gradient(
    losses: Losses,
    weights: Any,
    rows: Shaped[Array, "rows *rest"],
    counted: Bool[Array, "rows"],
    *,
    axis: str,
    microbatches: int,
) -> Any:
    """Gradient of the mean loss over the counted rows of all devices; one device's program.

    sum over devices and microbatches of grad(sum of counted losses) / (counted rows of them all).
    The division stands inside, by the whole batch's count; so everything after it is a sum.

    Args:
        losses: of each row.
        weights: a pytree, the same on every device.
        rows: this device's.
        counted: which of them count; their number may differ from device to device.
        axis: name of the devices' axis, of `jax.vmap` or `jax.shard_map`.
        microbatches: equal parts of the rows, whose activations live one after the other.

    Returns:
        A pytree like weights, the same on every device.
    """
    total = jax.lax.psum(counted.sum(), axis)

    def share(weights: Any, rows: Array, counted: Array) -> Array:
        return jnp.sum(losses(weights, rows) * counted) / total

    def add(so_far: Any, part: tuple[Array, Array]) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, so_far, jax.grad(share)(weights, *part)), None

    parts = jax.tree.map(lambda x: x.reshape(microbatches, -1, *x.shape[1:]), (rows, counted))
    own, _ = jax.lax.scan(add, jax.tree.map(jnp.zeros_like, weights), parts)
    return jax.lax.psum(own, axis)


# --8<-- [end:gradient]
