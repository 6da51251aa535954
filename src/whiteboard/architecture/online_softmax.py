"""Online softmax: a softmax-weighted sum of values, folded in one block of keys at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class RunningSoftmax(NamedTuple):
    """What is known of each row after some blocks of keys; `empty` is before the first.

    Attributes:
        maximum: the largest score so far, -inf before any.
        total: the sum of `exp(score - maximum)`.
        mixed: the values' sum with those weights, not yet divided by `total`.
    """

    maximum: Float[Array, "*rows"]
    total: Float[Array, "*rows"]
    mixed: Float[Array, "*rows width"]


def empty(rows: tuple[int, ...], width: int) -> RunningSoftmax:
    """The state of rows that have seen no key, in float32.

    Args:
        rows: shape of the rows, such as (batch, heads, queries).
        width: width of a value.

    Returns:
        Maximum -inf and sums of zero.
    """
    return RunningSoftmax(jnp.full(rows, -jnp.inf), jnp.zeros(rows), jnp.zeros((*rows, width)))


# --8<-- [start:fold]
def fold(
    state: RunningSoftmax,
    scores: Float[Array, "*rows keys"],
    values: Float[Array, "*heads keys width"],
    exp: Callable[..., Array] = jnp.exp,
) -> RunningSoftmax:
    """The state after one more block: `m' = max(m, s)`, and the old sums times `exp(m - m')`.

    Args:
        state: the sums so far.
        scores: of the block's keys; -inf where a row may not look.
        values: of the block's keys.
        exp: `jnp.exp2` when the scores are multiplied by `log2(e)`, as GPUs compute powers of two.

    Returns:
        The state over the earlier keys and the block's.

    Source: Milakov and Gimelshein, arXiv 1805.02867, algorithm 3, with values instead of one sum.
    """
    maximum = jnp.maximum(state.maximum, scores.max(axis=-1))
    shift = jnp.where(maximum == -jnp.inf, 0.0, maximum)  # -inf - -inf would be NaN
    rescale = exp(state.maximum - shift)
    weights = exp(scores - shift[..., None])
    block = jnp.matmul(weights.astype(values.dtype), values, preferred_element_type=jnp.float32)
    return RunningSoftmax(
        maximum=maximum,
        total=state.total * rescale + weights.sum(axis=-1),
        mixed=state.mixed * rescale[..., None] + block,
    )


# --8<-- [end:fold]


# --8<-- [start:merge]
def merge(a: RunningSoftmax, b: RunningSoftmax) -> RunningSoftmax:
    """The state of two disjoint sets of keys, whoever folded them, in either order.

    Args:
        a: state over one set of keys, with natural exponentials.
        b: state over another set, of the same rows.

    Returns:
        The state over the union.
    """
    maximum = jnp.maximum(a.maximum, b.maximum)
    shift = jnp.where(maximum == -jnp.inf, 0.0, maximum)
    left, right = jnp.exp(a.maximum - shift), jnp.exp(b.maximum - shift)
    total = a.total * left + b.total * right
    return RunningSoftmax(maximum, total, a.mixed * left[..., None] + b.mixed * right[..., None])


# --8<-- [end:merge]


def finish(
    state: RunningSoftmax, log: Callable[..., Array] = jnp.log
) -> tuple[Float[Array, "*rows width"], Float[Array, "*rows"]]:
    """The attention output, and the log-sum-exp of each row's scores: all that a backward needs.

    A row that saw no key gets zeros and +inf, so that its rebuilt weights `exp(score - lse)`
    are zero too.

    Args:
        state: after the last block.
        log: the inverse of the `exp` that `fold` was given.

    Returns:
        The weighted sum of the values, and the log-sum-exp of the scores.
    """
    seen = state.total > 0
    total = jnp.where(seen, state.total, 1.0)
    lse = jnp.where(seen, state.maximum + log(total), jnp.inf)
    return state.mixed / total[..., None], lse
