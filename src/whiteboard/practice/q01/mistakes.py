"""Attention as it is got wrong: each function runs, and gives plausible numbers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.attention import dot_product_attention
from whiteboard.practice.core import Variant
from whiteboard.practice.q01 import checks

Mask = Array | None
Scale = float | None


def _scores(query: Array, key: Array, scale: Scale) -> Array:
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    return scale * jnp.einsum("BTHN,BSHN->BHTS", query, key, preferred_element_type=jnp.float32)


def _mix(weights: Array, value: Array) -> Array:
    return jnp.einsum("BHTS,BSHN->BTHN", weights, value.astype(weights.dtype)).astype(value.dtype)


def scale_by_d_k(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Scores are sqrt(d_k) times too small: attention stays almost uniform."""
    scale = 1 / query.shape[-1] if scale is None else scale
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def scale_by_model_width(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Scores shrink by the root of the number of heads: heads start out blurred."""
    width = query.shape[-2] * query.shape[-1]
    scale = width**-0.5 if scale is None else scale
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def no_scale(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Scores grow like sqrt(d_k): rows are near one-hot on arbitrary tokens at the start."""
    scale = 1.0 if scale is None else scale
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def scale_argument_ignored(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Models with another scale (T5, muP, YaRN) run, and give wrong outputs."""
    return dot_product_attention(query, key, value, mask=mask)


def softmax_over_queries(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Columns sum to one instead of rows: each output is a sum of arbitrary size."""
    weights = jax.nn.softmax(_scores(query, key, scale), axis=-2, where=mask)
    return _mix(weights, value)


def mask_after_softmax(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Rows sum to less than one: early positions fade, and the future still leaks."""
    weights = jax.nn.softmax(_scores(query, key, scale), axis=-1)
    return _mix(weights if mask is None else weights * mask, value)


def masked_scores_zeroed(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """A zero score still gets exp(0) = 1: the model sees the future."""
    scores = _scores(query, key, scale)
    scores = scores if mask is None else scores * mask
    return _mix(jax.nn.softmax(scores, axis=-1), value)


def mask_inverted(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """True is taken for 'hidden', as in another library: the model sees only the future."""
    mask = None if mask is None else ~mask
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def blind_query_is_nan(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """A sequence that is all padding gives NaN, which the first sum over the batch spreads."""
    scores = _scores(query, key, scale)
    scores = scores if mask is None else jnp.where(mask, scores, -jnp.inf)
    return _mix(jax.nn.softmax(scores, axis=-1), value)


def blind_query_averages(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """A large negative score is the same for all: a padded query averages the padding."""
    scores = _scores(query, key, scale)
    scores = scores if mask is None else jnp.where(mask, scores, -1e9)
    return _mix(jax.nn.softmax(scores, axis=-1), value)


def nan_hidden_afterwards(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Outputs look clean; the gradient is NaN after the first padded batch."""
    scores = _scores(query, key, scale)
    scores = scores if mask is None else scores + jnp.where(mask, 0.0, -jnp.inf)
    weights = jax.nn.softmax(scores, axis=-1)
    return _mix(jnp.where(jnp.isnan(weights), 0, weights), value)


def no_max_subtracted(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """exp overflows once a score passes 88: NaN late in training."""
    exponentials = jnp.exp(_scores(query, key, scale))
    exponentials = exponentials if mask is None else exponentials * mask
    total = exponentials.sum(-1, keepdims=True)
    return _mix(exponentials / jnp.where(total == 0, 1, total), value)


def softmax_in_bfloat16(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Scores keep 8 bits: close scores become equal, and outputs drift from float32's."""
    scores = _scores(query, key, scale).astype(query.dtype)
    return _mix(jax.nn.softmax(scores, axis=-1, where=mask), value)


def heads_reshaped_not_transposed(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """[batch, time, heads] read as [batch, heads, time]: right shape, tokens and heads mixed."""
    batch, _, heads, head_dim = query.shape
    q, k, v = (x.reshape(batch, heads, -1, head_dim).swapaxes(1, 2) for x in (query, key, value))
    out = dot_product_attention(q, k, v, mask=mask, scale=scale)
    return out.swapaxes(1, 2).reshape(query.shape)


def every_pair_of_heads(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    """Right numbers, and one score matrix for each pair of heads: slow and large."""
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    pairs = jnp.einsum("BTHN,BSGN->BTSHG", query, key, preferred_element_type=jnp.float32)
    scores = jnp.diagonal(pairs, axis1=3, axis2=4).transpose(0, 3, 1, 2) * scale
    return _mix(jax.nn.softmax(scores, axis=-1, where=mask), value)


MISTAKES = (
    Variant.of(scale_by_d_k, caught_by=[checks.follows_the_formula]),
    Variant.of(scale_by_model_width, caught_by=[checks.follows_the_formula]),
    Variant.of(no_scale, caught_by=[checks.follows_the_formula]),
    Variant.of(scale_argument_ignored, caught_by=[checks.the_scale_argument_counts]),
    Variant.of(
        softmax_over_queries,
        caught_by=[
            checks.follows_the_formula,
            checks.weights_sum_to_one,
            checks.masking_is_leaving_out,
        ],
    ),
    Variant.of(
        mask_after_softmax,
        caught_by=[
            checks.weights_sum_to_one,
            checks.masking_is_leaving_out,
            checks.masked_keys_change_nothing,
        ],
    ),
    Variant.of(
        masked_scores_zeroed,
        caught_by=[
            checks.masking_is_leaving_out,
            checks.masked_keys_change_nothing,
            checks.a_blind_query_gets_zeros,
        ],
    ),
    Variant.of(
        mask_inverted,
        caught_by=[
            checks.weights_sum_to_one,
            checks.masking_is_leaving_out,
            checks.masked_keys_change_nothing,
            checks.a_blind_query_gets_zeros,
        ],
    ),
    Variant.of(
        blind_query_is_nan,
        caught_by=[checks.a_blind_query_gets_zeros, checks.gradients_stay_finite],
    ),
    Variant.of(blind_query_averages, caught_by=[checks.a_blind_query_gets_zeros]),
    Variant.of(nan_hidden_afterwards, caught_by=[checks.gradients_stay_finite]),
    Variant.of(no_max_subtracted, caught_by=[checks.large_scores_do_not_overflow]),
    Variant.of(softmax_in_bfloat16, caught_by=[checks.the_softmax_is_float32]),
    Variant.of(
        heads_reshaped_not_transposed,
        caught_by=[
            checks.follows_the_formula,
            checks.masking_is_leaving_out,
            checks.a_blind_query_gets_zeros,
            checks.heads_do_not_mix,
        ],
    ),
    Variant.of(every_pair_of_heads, caught_by=[checks.costs_two_matrix_products]),
)
