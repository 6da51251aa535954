"""Has the population changed? Two-sample tests on embeddings, with a threshold one can trust."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int


# --8<-- [start:mmd]
def rbf_kernel(
    vectors: Float[Array, "texts dim"], bandwidth: float | Float[Array, ""] | None = None
) -> Float[Array, "texts texts"]:
    """k(x, y) = exp(-|x - y|^2 / (2 bandwidth^2)) of every pair.

    Args:
        vectors: of both windows, one after the other.
        bandwidth: distance at which texts count as unlike; by default the median distance.

    Returns:
        A symmetric matrix with entries from 0 to 1.

    Source: Gretton et al., JMLR 13, 2012, section 8 (the median as bandwidth).
    """
    lengths = jnp.sum(vectors**2, axis=1)
    squared = jnp.maximum(lengths[:, None] + lengths[None] - 2 * vectors @ vectors.T, 0)
    if bandwidth is None:
        pairs = np.triu_indices(len(vectors), 1)
        bandwidth = jnp.sqrt(jnp.maximum(jnp.median(squared[pairs]), 1e-12))
    return jnp.exp(-squared / (2 * bandwidth**2))


@jax.jit
def mmd2(kernel: Float[Array, "texts texts"], first: Bool[Array, " texts"]) -> Float[Array, ""]:
    """The unbiased squared maximum mean discrepancy between two windows: 0 on average if alike.

    mean k(a, a') over pairs of the first + mean k(b, b') of the second - 2 mean k(a, b); no text is
    paired with itself, so it can be below 0.

    Args:
        kernel: k of every pair of texts, symmetric.
        first: True for the texts of the first window; each window has at least two texts.

    Returns:
        One number, at most 2 for a kernel up to 1.

    Source: Gretton et al., JMLR 13, 2012, lemma 6, equation 3.
    """
    a, b = first.astype(kernel.dtype), 1.0 - first
    pairs = kernel * (1 - jnp.eye(len(kernel)))
    n, m = jnp.sum(a), jnp.sum(b)
    within = a @ pairs @ a / (n * (n - 1)) + b @ pairs @ b / (m * (m - 1))
    return within - 2 * (a @ kernel @ b) / (n * m)


# --8<-- [end:mmd]


# --8<-- [start:permutation]
def p_value(observed: Float[Array, ""], shuffled: Float[Array, " shuffles"]) -> Float[Array, ""]:
    """How often chance alone gives as much: (1 + shuffles at or above observed) / (1 + shuffles).

    The observed labelling is itself one of the equally likely ones, hence the ones: so the rate of
    false alarms at `p <= alpha` is at most alpha, however few shuffles there are.

    Args:
        observed: statistic of the two windows as they are.
        shuffled: statistics with the texts dealt to the windows at random.

    Returns:
        A probability, never 0.

    Source: Phipson and Smyth, arXiv 1603.05766.
    """
    return (1 + jnp.sum(shuffled >= observed)) / (1 + len(shuffled))


def shuffled_windows(
    first: int, second: int, shuffles: int, seed: int
) -> Bool[Array, "shuffles texts"]:
    """Random ways to deal `first` + `second` texts to windows of those sizes.

    Args:
        first: texts of the first window.
        second: texts of the second window.
        shuffles: number of ways.
        seed: of the draws.

    Returns:
        True for the texts dealt to the first window.
    """
    dealt = np.arange(first + second) < first
    draws = np.random.default_rng(seed).permuted(np.tile(dealt, (shuffles, 1)), axis=1)
    return jnp.asarray(draws)


@jax.jit
def mmd_test(
    kernel: Float[Array, "texts texts"], shuffles: Bool[Array, "shuffles texts"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """MMD^2 of a first and a second window that lie one after the other, and its p-value.

    Args:
        kernel: of all texts, from `rbf_kernel`; the first window's come first.
        shuffles: from `shuffled_windows`.

    Returns:
        MMD^2, and its p-value.
    """
    first = jnp.arange(len(kernel)) < jnp.sum(shuffles[0])
    observed = mmd2(kernel, first)
    return observed, p_value(observed, jax.vmap(mmd2, in_axes=(None, 0))(kernel, shuffles))


# --8<-- [end:permutation]


# --8<-- [start:psi]
def population_stability_index(
    reference: Int[Array, "*weeks bins"], current: Int[Array, "*weeks bins"]
) -> Float[Array, "*weeks"]:
    """PSI = sum over bins of (p - q) ln(p / q), where p and q are the windows' shares of the bin.

    Half a text is added to every bin of both: an empty one would make it infinite. Without drift it
    is not 0 but about (bins - 1)(1/n + 1/m) for windows of n and m texts.

    Args:
        reference: number of the first window's texts in each bin.
        current: number of the second window's texts in each bin.

    Returns:
        PSI, 0 or more.

    Source: Yurdakul, Statistical Properties of Population Stability Index, 2018, chapter 3.
    """
    p, q = (
        (counts + 0.5) / jnp.sum(counts + 0.5, axis=-1, keepdims=True)
        for counts in (reference, current)
    )
    return jnp.sum((p - q) * jnp.log(p / q), axis=-1)


# --8<-- [end:psi]
