"""How far two judges agree beyond chance, and how sure one can be of it."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


# --8<-- [start:kappa]
def cohen_kappa(
    first: Int[Array, " items"], second: Int[Array, " items"], num_labels: int = 2
) -> Float[Array, ""]:
    """(observed - expected agreement) / (1 - expected agreement).

    Expected is what two judges would agree on by luck if each kept to how often it gives each
    label: the sum over the labels of the product of the two shares. 1 is full agreement, 0 what
    luck gives; NaN when both give one and the same label to everything.

    Args:
        first: labels of one judge, from 0.
        second: labels of the other judge for the same items.
        num_labels: number of different labels.

    Returns:
        Kappa, at most 1.

    Source: Cohen, Educational and Psychological Measurement 20(1), 1960.
    """
    table = jax.nn.one_hot(first, num_labels).T @ jax.nn.one_hot(second, num_labels) / first.size
    observed = jnp.trace(table)
    expected = jnp.sum(table, axis=1) @ jnp.sum(table, axis=0)
    return (observed - expected) / (1 - expected)


# --8<-- [end:kappa]


def kappa_interval(
    first: Int[Array, " items"],
    second: Int[Array, " items"],
    num_labels: int = 2,
    *,
    draws: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95% interval of kappa: items drawn again with replacement (percentile bootstrap).

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Args:
        first: labels of one judge, from 0.
        second: labels of the other judge for the same items.
        num_labels: number of different labels.
        draws: number of resamples.
        seed: of the resamples.

    Returns:
        Lower and upper end.
    """
    rows = np.random.default_rng(seed).integers(first.size, size=(draws, first.size))
    drawn = _kappas(first[rows], second[rows], num_labels)
    low, high = np.nanquantile(np.asarray(drawn), [0.025, 0.975])
    return float(low), float(high)


@partial(jax.jit, static_argnums=2)
def _kappas(
    first: Int[Array, "draws items"], second: Int[Array, "draws items"], num_labels: int
) -> Float[Array, " draws"]:
    return jax.vmap(partial(cohen_kappa, num_labels=num_labels))(first, second)
