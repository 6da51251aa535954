"""Known wrong ways to fold a block, to bound the loop over blocks, and to attend in blocks."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture import blocked_attention as blocked
from whiteboard.architecture.flash_attention_tiles import visible_blocks
from whiteboard.architecture.online_softmax import RunningSoftmax, fold
from whiteboard.practice.core import Variant
from whiteboard.practice.q10 import checks


def no_rescale(state: RunningSoftmax, scores: Array, values: Array) -> RunningSoftmax:
    """sums over an old maximum meet weights over a new one: early keys count too much"""
    new = fold(state, scores, values)
    rescale = jnp.where(state.total > 0, jnp.exp(state.maximum - new.maximum), 0.0)
    total = new.total + state.total * (1 - rescale)
    return RunningSoftmax(new.maximum, total, new.mixed + state.mixed * (1 - rescale)[..., None])


def only_the_sum_is_rescaled(state: RunningSoftmax, scores: Array, values: Array) -> RunningSoftmax:
    """the weights no longer add up to one: outputs leave the range of the values"""
    new = fold(state, scores, values)
    rescale = jnp.where(state.total > 0, jnp.exp(state.maximum - new.maximum), 0.0)
    return new._replace(mixed=new.mixed + state.mixed * (1 - rescale)[..., None])


def masked_rows_are_nan(state: RunningSoftmax, scores: Array, values: Array) -> RunningSoftmax:
    """-inf minus -inf: one block without a visible key turns its row into NaN for good"""
    maximum = jnp.maximum(state.maximum, scores.max(axis=-1))
    rescale, weights = jnp.exp(state.maximum - maximum), jnp.exp(scores - maximum[..., None])
    mixed = state.mixed * rescale[..., None] + jnp.matmul(weights, values)
    return RunningSoftmax(maximum, state.total * rescale + weights.sum(axis=-1), mixed)


def no_maximum(state: RunningSoftmax, scores: Array, values: Array) -> RunningSoftmax:
    """right on small scores; a trained model's overflow"""
    weights = jnp.exp(scores)
    total, mixed = state.total + weights.sum(axis=-1), state.mixed + jnp.matmul(weights, values)
    return RunningSoftmax(jnp.zeros_like(total), total, mixed)


def diagonal_block_skipped(query_block: Any, **shape: Any) -> tuple[Any, Any]:
    """each query misses its nearest keys, itself among them: a loss that stays high"""
    whole, end = visible_blocks(query_block, **shape)
    return whole, whole if shape["causal"] else end


def diagonal_block_unmasked(query_block: Any, **shape: Any) -> tuple[Any, Any]:
    """queries see up to a block of the future: a training loss too good to be true"""
    _, end = visible_blocks(query_block, **shape)
    return end, end


def cached_keys_forgotten(query_block: Any, **shape: Any) -> tuple[Any, Any]:
    """right in training; with a cache the newest keys are skipped"""
    whole, end = visible_blocks(query_block, **shape | {"time": shape["source"]})
    return whole, end


def every_block_read(query_block: Any, **shape: Any) -> tuple[Any, Any]:
    """right with a mask, and causal attention takes twice the time"""
    whole, _ = visible_blocks(query_block, **shape)
    return whole, -(-shape["source"] // shape["tile"].keys)


def masked_with_a_finite_number(query: Array, key: Array, value: Array, *, block: int) -> Array:
    """a query that sees nothing gets the mean of all values, the future's included"""
    output = blocked.blocked_attention(query, key, value, block=block)
    blind = jnp.arange(query.shape[1]) < query.shape[1] - key.shape[1]
    mean = jnp.repeat(value.mean(axis=1, keepdims=True), query.shape[2] // value.shape[2], axis=2)
    return jnp.where(blind[None, :, None, None], mean, output)


def last_keys_lost(query: Array, key: Array, value: Array, *, block: int) -> Array:
    """a length that no block divides: the last keys are never read"""
    kept = max(key.shape[1] // block, 1) * block
    padding = jnp.arange(key.shape[1])[None, :, None, None] < kept
    # A key of -inf times zero would be NaN; values are dropped, and the output rescaled by a 1.
    ones = jnp.ones_like(value[..., :1]) * padding
    value = jnp.concatenate([value * padding, ones], axis=-1)
    output = blocked.blocked_attention(query, key, value, block=block)
    return output[..., :-1] / jnp.where(output[..., -1:] == 0, 1.0, output[..., -1:])


def no_delta(query: Array, key: Array, value: Array, *, block: int) -> Array:
    """the forward pass is right; gradients of queries and keys lack the softmax's own"""

    def backward(kept: tuple, d_output: Array) -> tuple[Array, ...]:
        query, key, value, output, lse = kept
        kept = query, key, value, jnp.zeros_like(output), lse  # delta, which is dO O, becomes 0
        return blocked._backward(True, block, kept, d_output)

    attend = jax.custom_vjp(lambda q, k, v: blocked._forward(q, k, v, True, block)[0])
    attend.defvjp(lambda q, k, v: blocked._keep(q, k, v, True, block), backward)
    heads = blocked._with_heads_first(query, key, value, block)
    return blocked._with_time_first(attend(*heads))


EVERY_SUM = (
    checks.blocks_add_up_to_the_softmax,
    checks.masked_blocks_change_nothing,
    checks.large_scores_do_not_overflow,
)
MISTAKES = (
    # Of `fold`.
    Variant.of(
        no_rescale,
        caught_by=EVERY_SUM,
    ),
    Variant.of(
        only_the_sum_is_rescaled,
        caught_by=EVERY_SUM,
    ),
    Variant.of(masked_rows_are_nan, caught_by=[checks.masked_blocks_change_nothing]),
    Variant.of(no_maximum, caught_by=[checks.large_scores_do_not_overflow]),
    # Of `visible_blocks`.
    Variant.of(diagonal_block_skipped, caught_by=[checks.every_visible_key_is_read]),
    Variant.of(diagonal_block_unmasked, caught_by=[checks.unmasked_blocks_are_seen_whole]),
    Variant.of(
        cached_keys_forgotten,
        caught_by=[
            checks.every_visible_key_is_read,
            checks.unmasked_blocks_are_seen_whole,
            checks.hidden_blocks_are_skipped,
        ],
    ),
    Variant.of(every_block_read, caught_by=[checks.hidden_blocks_are_skipped]),
    # Of `blocked_attention`.
    Variant.of(
        blocked.scanned_attention,
        "all values are right; autodiff keeps every block's weights, which is the matrix",
        name="autodiff_of_the_scan",
        caught_by=[checks.memory_is_linear_in_time],
    ),
    Variant.of(masked_with_a_finite_number, caught_by=[checks.queries_without_a_key_get_zeros]),
    Variant.of(no_delta, caught_by=[checks.gradients_are_those_of_the_whole]),
    Variant.of(
        last_keys_lost,
        caught_by=[checks.blocks_give_the_whole_attention, checks.gradients_are_those_of_the_whole],
    ),
)
