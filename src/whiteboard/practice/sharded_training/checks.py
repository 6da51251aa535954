"""The checks of the gradient of a batch that lies on several devices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from whiteboard.practice.core import Refused
from whiteboard.practice.expect import expect, expect_close

DEVICES, ROWS, WIDTH = 3, 10, 7


def gradient_of_counted(losses: Any, weights: Any, rows: Any, counted: Any) -> Any:
    """The gradient of the mean over the counted rows that are given."""
    return jax.grad(lambda w: jnp.mean(losses(w, rows), where=counted))(weights)


def _losses(weights: Any, rows: Any) -> Any:
    return (jnp.tanh(rows @ weights["in"]) @ weights["out"] - 1) ** 2


def _problem(counts: Any) -> tuple[Any, Any, Any]:
    """Weights, rows [devices rows width] and which count: the first ``counts`` of each device."""
    random = np.random.default_rng(0)
    shapes = {"in": (WIDTH, 5), "out": (5,)}
    weights = {name: jnp.array(random.normal(size=shape)) for name, shape in shapes.items()}
    rows = jnp.array(random.normal(size=(DEVICES, ROWS, WIDTH)))
    return weights, rows, jnp.arange(ROWS)[None, :] < jnp.array(counts)[:, None]


def _compare(candidate: Callable[..., Any], counts: Any, microbatches: int, given: str) -> None:
    weights, rows, counted = _problem(counts)
    run = partial(candidate, _losses, weights, axis="data", microbatches=microbatches)
    got = jax.vmap(run, axis_name="data")(rows, counted)
    right = gradient_of_counted(_losses, weights, rows.reshape(-1, WIDTH), counted.reshape(-1))
    for device in range(DEVICES):
        for name, want in right.items():
            expect_close(got[name][device], want, f"{given}, device {device}, {name!r}")


def it_is_one_devices(candidate: Callable[..., Any]) -> None:
    """With as many counted rows everywhere it is the gradient of the batch on one device."""
    _compare(candidate, [ROWS] * DEVICES, 1, "all rows count")


def unequal_masks_weigh_by_rows(candidate: Callable[..., Any]) -> None:
    """A device with few counted rows weighs less."""
    _compare(candidate, [1, 4, ROWS], 1, "1, 4 and 10 rows count")


def every_device_has_the_same(candidate: Callable[..., Any]) -> None:
    """After the step all devices must hold the same weights, so their gradients are the same."""
    weights, rows, counted = _problem([ROWS] * DEVICES)
    run = partial(candidate, _losses, weights, axis="data", microbatches=1)
    got = jax.vmap(run, axis_name="data")(rows, counted)["out"]
    apart = float(jnp.abs(got - got[:1]).max())
    expect(apart < 1e-6, f"the devices' gradients are up to {apart:.2g} apart")


def microbatches_change_nothing(candidate: Callable[..., Any]) -> None:
    """Two halves, one after the other, give the gradient of the whole."""
    _compare(candidate, [ROWS] * DEVICES, 2, "2 microbatches")


def unequal_microbatches_weigh_by_rows(candidate: Callable[..., Any]) -> None:
    """The second half of each device counts fewer rows than the first."""
    _compare(candidate, [6, 6, 6], 2, "2 microbatches of 5 and 1 counted rows")


CHECKS = (
    it_is_one_devices,
    unequal_masks_weigh_by_rows,
    every_device_has_the_same,
    microbatches_change_nothing,
    unequal_microbatches_weigh_by_rows,
)


def refusals(candidate: Callable[..., Any]) -> dict[str, str]:
    """The checks that refuse a gradient function, each with its counter-example."""
    found = {}
    for check in CHECKS:
        try:
            check(candidate)
        except Refused as refusal:
            found[check.__name__] = str(refusal)
    return found
