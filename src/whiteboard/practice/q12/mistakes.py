"""Known wrong ways to absorb the projections of latent attention."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.latent_attention import (
    absorbed_latent_attention,
    naive_latent_attention,
)
from whiteboard.architecture.rope import rotary_tables, rotate
from whiteboard.practice.core import Variant
from whiteboard.practice.q12 import checks


def rope_on_the_latent(query: Array, query_rope: Array, latent: Array, *rest: Array) -> Array:
    """the product with W_UK no longer commutes with the rotation: cached answers drift"""
    even = latent[:, :, : latent.shape[-1] // 2 * 2]
    position = jnp.tile(jnp.arange(even.shape[1]), (len(even), 1))
    turned = rotate(even[:, :, None], rotary_tables(position, even.shape[-1], 100.0))[:, :, 0]
    latent = latent.at[:, :, : even.shape[-1]].set(turned)
    return absorbed_latent_attention(query, query_rope, latent, *rest)


def scale_by_the_latent_width(
    query: Array, query_rope: Array, latent: Array, *rest: Array
) -> Array:
    """the scores are too small, so attention is too even; the loss is only a bit worse"""
    rope_dim = query_rope.shape[-1]
    factor = ((query.shape[-1] + rope_dim) / (latent.shape[-1] + rope_dim)) ** 0.5
    return absorbed_latent_attention(factor * query, factor * query_rope, latent, *rest)


def no_rotary_key(query: Array, query_rope: Array, *rest: Array) -> Array:
    """only the latent is cached: word order is lost"""
    factor = ((query.shape[-1] + query_rope.shape[-1]) / query.shape[-1]) ** 0.5
    return absorbed_latent_attention(factor * query, 0 * query_rope, *rest)


def mask_after_softmax(
    query: Array, query_rope: Array, latent: Array, rope_key: Array,
    up_key: Array, up_value: Array, mask: Array,
) -> Array:  # fmt: skip
    """weights no longer add up to one; later tokens move earlier outputs"""
    scores = jnp.einsum("BTHN,CHN,BSC->BHTS", query, up_key, latent)
    scores += jnp.einsum("BTHR,BSR->BHTS", query_rope, rope_key)
    weights = jax.nn.softmax(scores * (query.shape[-1] + query_rope.shape[-1]) ** -0.5) * mask
    return jnp.einsum("BHTS,BSC,CHV->BTHV", weights, latent, up_value)


MISTAKES = (
    Variant.of(rope_on_the_latent, caught_by=[checks.rebuilds_to_the_definition]),
    Variant.of(
        naive_latent_attention,
        "the answers are right; every decode step rebuilds every cached key and value",
        name="up_projections_rebuilt",
        caught_by=[checks.decoding_forms_no_keys],
    ),
    Variant.of(scale_by_the_latent_width, caught_by=[checks.rebuilds_to_the_definition]),
    Variant.of(no_rotary_key, caught_by=[checks.rebuilds_to_the_definition, checks.order_counts]),
    Variant.of(
        mask_after_softmax,
        caught_by=[checks.rebuilds_to_the_definition, checks.masked_latents_stay_unread],
    ),
)
