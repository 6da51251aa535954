"""Attention as it is got wrong: each function runs, and gives plausible numbers."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.attention import dot_product_attention
from whiteboard.practice.core import Variant

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
    scale = 1 / query.shape[-1] if scale is None else scale
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def scale_by_model_width(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    width = query.shape[-2] * query.shape[-1]
    scale = width**-0.5 if scale is None else scale
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def no_scale(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scale = 1.0 if scale is None else scale
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def scale_argument_ignored(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    return dot_product_attention(query, key, value, mask=mask)


def softmax_over_queries(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    weights = jax.nn.softmax(_scores(query, key, scale), axis=-2, where=mask)
    return _mix(weights, value)


def mask_after_softmax(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    weights = jax.nn.softmax(_scores(query, key, scale), axis=-1)
    return _mix(weights if mask is None else weights * mask, value)


def masked_scores_zeroed(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scores = _scores(query, key, scale)
    scores = scores if mask is None else scores * mask
    return _mix(jax.nn.softmax(scores, axis=-1), value)


def mask_inverted(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    mask = None if mask is None else ~mask
    return dot_product_attention(query, key, value, mask=mask, scale=scale)


def blind_query_is_nan(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scores = _scores(query, key, scale)
    scores = scores if mask is None else jnp.where(mask, scores, -jnp.inf)
    return _mix(jax.nn.softmax(scores, axis=-1), value)


def blind_query_averages(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scores = _scores(query, key, scale)
    scores = scores if mask is None else jnp.where(mask, scores, -1e9)
    return _mix(jax.nn.softmax(scores, axis=-1), value)


def nan_hidden_afterwards(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scores = _scores(query, key, scale)
    scores = scores if mask is None else scores + jnp.where(mask, 0.0, -jnp.inf)
    weights = jax.nn.softmax(scores, axis=-1)
    return _mix(jnp.where(jnp.isnan(weights), 0, weights), value)


def no_max_subtracted(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    exponentials = jnp.exp(_scores(query, key, scale))
    exponentials = exponentials if mask is None else exponentials * mask
    total = exponentials.sum(-1, keepdims=True)
    return _mix(exponentials / jnp.where(total == 0, 1, total), value)


def softmax_in_bfloat16(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scores = _scores(query, key, scale).astype(query.dtype)
    return _mix(jax.nn.softmax(scores, axis=-1, where=mask), value)


def heads_reshaped_not_transposed(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    batch, _, heads, head_dim = query.shape
    q, k, v = (x.reshape(batch, heads, -1, head_dim).swapaxes(1, 2) for x in (query, key, value))
    out = dot_product_attention(q, k, v, mask=mask, scale=scale)
    return out.swapaxes(1, 2).reshape(query.shape)


def every_pair_of_heads(
    query: Array, key: Array, value: Array, *, mask: Mask = None, scale: Scale = None
) -> Array:
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    pairs = jnp.einsum("BTHN,BSGN->BTSHG", query, key, preferred_element_type=jnp.float32)
    scores = jnp.diagonal(pairs, axis1=3, axis2=4).transpose(0, 3, 1, 2) * scale
    return _mix(jax.nn.softmax(scores, axis=-1, where=mask), value)


def _variant(function: Callable[..., Array], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


MISTAKES = (
    _variant(
        scale_by_d_k,
        "Scores are sqrt(d_k) times too small: attention stays almost uniform.",
        "follows_the_formula",
    ),
    _variant(
        scale_by_model_width,
        "Scores shrink by the root of the number of heads: heads start out blurred.",
        "follows_the_formula",
    ),
    _variant(
        no_scale,
        "Scores grow like sqrt(d_k): rows are near one-hot on arbitrary tokens at the start.",
        "follows_the_formula",
    ),
    _variant(
        scale_argument_ignored,
        "Models with another scale (T5, muP, YaRN) run, and give wrong outputs.",
        "the_scale_argument_counts",
    ),
    _variant(
        softmax_over_queries,
        "Columns sum to one instead of rows: each output is a sum of arbitrary size.",
        "follows_the_formula",
        "weights_sum_to_one",
        "masking_is_leaving_out",
    ),
    _variant(
        mask_after_softmax,
        "Rows sum to less than one: early positions fade, and the future still leaks.",
        "weights_sum_to_one",
        "masking_is_leaving_out",
        "masked_keys_change_nothing",
    ),
    _variant(
        masked_scores_zeroed,
        "A zero score still gets exp(0) = 1: the model sees the future.",
        "masking_is_leaving_out",
        "masked_keys_change_nothing",
        "a_blind_query_gets_zeros",
    ),
    _variant(
        mask_inverted,
        "True is taken for 'hidden', as in another library: the model sees only the future.",
        "weights_sum_to_one",
        "masking_is_leaving_out",
        "masked_keys_change_nothing",
        "a_blind_query_gets_zeros",
    ),
    _variant(
        blind_query_is_nan,
        "A sequence that is all padding gives NaN, which the first sum over the batch spreads.",
        "a_blind_query_gets_zeros",
        "gradients_stay_finite",
    ),
    _variant(
        blind_query_averages,
        "A large negative score is the same for all: a padded query averages the padding.",
        "a_blind_query_gets_zeros",
    ),
    _variant(
        nan_hidden_afterwards,
        "Outputs look clean; the gradient is NaN after the first padded batch.",
        "gradients_stay_finite",
    ),
    _variant(
        no_max_subtracted,
        "exp overflows once a score passes 88: NaN late in training.",
        "large_scores_do_not_overflow",
    ),
    _variant(
        softmax_in_bfloat16,
        "Scores keep 8 bits: close scores become equal, and outputs drift from float32's.",
        "the_softmax_is_float32",
    ),
    _variant(
        heads_reshaped_not_transposed,
        "[batch, time, heads] read as [batch, heads, time]: right shape, tokens and heads mixed.",
        "follows_the_formula",
        "masking_is_leaving_out",
        "a_blind_query_gets_zeros",
        "heads_do_not_mix",
    ),
    _variant(
        every_pair_of_heads,
        "Right numbers, and one score matrix for each pair of heads: slow and large.",
        "costs_two_matrix_products",
    ),
)
