"""Known wrong gradients of a batch that lies on several devices.

Each has the signature of `whiteboard.architecture.data_parallel.data_parallel_gradient`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax

from whiteboard.architecture.data_parallel import data_parallel_gradient
from whiteboard.practice.core import Variant
from whiteboard.practice.sharded_training import checks
from whiteboard.practice.sharded_training.checks import gradient_of_counted


def _of_microbatches(
    losses: Any, weights: Any, rows: Any, counted: Any, *, axis: str, microbatches: int
) -> list[Any]:
    """A gradient for each part: the mean over its counted rows of all devices."""
    parts = (x.reshape(microbatches, -1, *x.shape[1:]) for x in (rows, counted))
    alone = partial(data_parallel_gradient, losses, weights, axis=axis, microbatches=1)
    return [alone(*part) for part in zip(*parts)]


def summed(
    losses: Any, weights: Any, rows: Any, counted: Any, *, axis: str, microbatches: int
) -> Any:
    """the step is as many times too long as there are devices: it diverges on the cluster only

    The devices' gradients of means are added, not averaged.
    """
    return jax.lax.psum(gradient_of_counted(losses, weights, rows, counted), axis)


def mean_of_means(
    losses: Any, weights: Any, rows: Any, counted: Any, *, axis: str, microbatches: int
) -> Any:
    """short answers weigh more than long ones, and the loss depends on how rows are dealt out

    Each device averages over its own counted rows; then the devices are averaged.
    """
    return jax.lax.pmean(gradient_of_counted(losses, weights, rows, counted), axis)


def no_all_reduce(
    losses: Any, weights: Any, rows: Any, counted: Any, *, axis: str, microbatches: int
) -> Any:
    """no error: each device trains a model of its own, and the checkpoint holds one of them

    Each device keeps the gradient of its own rows.
    """
    return gradient_of_counted(losses, weights, rows, counted)


def mean_of_microbatches(
    losses: Any, weights: Any, rows: Any, counted: Any, *, axis: str, microbatches: int
) -> Any:
    """the loss curve changes with the number of microbatches

    Right over the devices; but every microbatch weighs the same, however many rows count.
    """
    found = _of_microbatches(losses, weights, rows, counted, axis=axis, microbatches=microbatches)
    return jax.tree.map(lambda *each: sum(each) / microbatches, *found)


def not_divided(
    losses: Any, weights: Any, rows: Any, counted: Any, *, axis: str, microbatches: int
) -> Any:
    """the learning rate grows with the number of microbatches

    The microbatches' gradients of means are added, and nobody divides by their number.
    """
    found = _of_microbatches(losses, weights, rows, counted, axis=axis, microbatches=microbatches)
    return jax.tree.map(lambda *each: sum(each), *found)


MISTAKES = (
    Variant.of(
        summed, caught_by=[c for c in checks.CHECKS if c is not checks.every_device_has_the_same]
    ),
    Variant.of(mean_of_means, caught_by=[checks.unequal_masks_weigh_by_rows]),
    Variant.of(no_all_reduce, caught_by=checks.CHECKS),
    Variant.of(mean_of_microbatches, caught_by=[checks.unequal_microbatches_weigh_by_rows]),
    Variant.of(
        not_divided,
        caught_by=[checks.microbatches_change_nothing, checks.unequal_microbatches_weigh_by_rows],
    ),
)
