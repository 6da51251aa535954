"""Known wrong steps with a cache, and wrong counts of its bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.cache_bytes import kv_cache_bytes
from whiteboard.architecture.grouped_query_attention import cached_attention
from whiteboard.architecture.kv_cache import LayerCache, valid_mask, write
from whiteboard.architecture.rope import rotary_tables, rotate
from whiteboard.practice.core import Variant
from whiteboard.practice.q02 import checks
from whiteboard.practice.q02.checks import Step


def _step(
    *,
    place: Callable[[Array], Array] = lambda position: position,
    slot: Callable[[Array], Array] = lambda position: position,
    mask: Callable[[Array, int, int], Array] = valid_mask,
    turn_key: bool = True,
) -> Step:
    """`attend_and_cache` with one part exchanged."""

    def step(query: Array, key: Array, value: Array, cache: LayerCache, position: Array) -> Any:
        time, head_dim = query.shape[1], query.shape[3]
        at = place(position)[:, None] + jnp.arange(time)[None, :]
        rotary = rotary_tables(at, head_dim, 10_000.0)
        cache = write(cache, rotate(key, rotary) if turn_key else key, value, slot(position))
        seen = mask(position, time, cache.slots)
        return cached_attention(rotate(query, rotary), cache, seen), cache

    return step


def _mask_before_the_write(position: Array, time: int, slots: int) -> Array:
    mask = valid_mask(position - 1, time, slots)
    return mask.at[:, :, 0].set(True)  # or the first token would see nothing


def _mask_one_too_far(position: Array, time: int, slots: int) -> Array:
    return valid_mask(position + 1, time, slots)


def query_heads_counted(*, num_heads: int, **shape: int) -> int:
    """a GQA model seems to need 4 to 16 times the memory that it needs"""
    return kv_cache_bytes(num_heads=num_heads, **shape | {"num_kv_heads": num_heads})


def keys_only(**shape: int) -> int:
    """half the memory: the server runs out at half its planned batch"""
    return kv_cache_bytes(**shape) // 2


def bytes_of_the_weights(**shape: int) -> int:
    """right for bf16 weights and cache; an 8-bit or float32 cache is miscounted"""
    return kv_cache_bytes(**shape | {"bytes_per_element": 2})


LATER = (checks.decoding_is_the_full_pass, checks.rows_are_at_their_own_positions)
ALWAYS = (checks.prefill_is_the_full_pass, *LATER)
MISTAKES = (
    # Of `attend_and_cache`.
    Variant.of(
        _step(mask=_mask_before_the_write),
        "a token cannot see itself: slot < position where slot <= position was meant",
        name="mask_off_by_one",
        caught_by=ALWAYS,
    ),
    Variant.of(
        _step(mask=_mask_one_too_far),
        "every query also reads the next slot: zeros at first, later another request's token",
        name="mask_one_too_far",
        caught_by=[*ALWAYS, checks.later_slots_stay_unread],
    ),
    Variant.of(
        _step(place=jnp.zeros_like),
        "the prompt is read well, then each new token is turned as if it were the first",
        name="positions_restart_at_zero",
        caught_by=LATER,
    ),
    Variant.of(
        _step(turn_key=False),
        "queries are turned and cached keys are not: scores lose the distance between tokens",
        name="keys_cached_unturned",
        caught_by=ALWAYS,
    ),
    # Of `kv_cache_bytes`.
    Variant.of(
        query_heads_counted,
        caught_by=[
            checks.an_allocated_cache_has_these_bytes,
            checks.llama_3_70b_takes_320_kib_a_token,
        ],
    ),
    Variant.of(
        keys_only,
        caught_by=[
            checks.an_allocated_cache_has_these_bytes,
            checks.llama_3_70b_takes_320_kib_a_token,
        ],
    ),
    Variant.of(
        bytes_of_the_weights,
        caught_by=[checks.an_allocated_cache_has_these_bytes, checks.half_the_bytes_in_eight_bits],
    ),
)
