"""Known wrong tests of symmetry, rotary positions, and ways past the trained length."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.rope import (
    rotary_attention,
    rotary_frequencies,
    rotary_tables,
    rotate,
    rotate_interleaved,
    tables_of,
)
from whiteboard.architecture.rope_scaling import ntk_theta, yarn_frequencies
from whiteboard.practice.core import Variant
from whiteboard.practice.q05 import rope_checks as rope
from whiteboard.practice.q05 import rope_scaling_checks as scaling
from whiteboard.practice.q05 import symmetry_checks as symmetry
from whiteboard.practice.q05.rope_checks import Attend
from whiteboard.practice.q05.symmetry_checks import sorted_tokens


def attention_called_permutation_invariant(
    function: Callable[[Array], Array], x: Array, order: Array
) -> bool:
    """f(Px) is compared with f(x): attention seems not to have the symmetry that it has"""
    return bool(jnp.abs(function(x[:, order]) - function(x)).max() < 1e-4)


def only_the_sum_compared(function: Callable[[Array], Array], x: Array, order: Array) -> bool:
    """outputs pooled over the tokens: whatever keeps the set of outputs passes"""
    return bool(jnp.abs((function(x[:, order]) - function(x)).sum(axis=1)).max() < 1e-4)


def every_attention_called_equivariant(
    function: Callable[[Array], Array], x: Array, order: Array
) -> bool:
    """the causal mask is overlooked: a decoder without positions does see order"""
    return function is not sorted_tokens


def _attention(query: Array, key: Array, value: Array) -> Array:
    return dot_product_attention(query, key, value, mask=causal_mask(query.shape[1]))


def theta_ignored(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
    """a checkpoint with another base loads, and its far tokens stand in the wrong place"""
    return rotary_attention(query, key, value, position, 10_000.0)


def _theta_cached() -> Attend:
    frequencies: dict[int, Array] = {}

    def attend(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
        head_dim = query.shape[-1]
        kept = frequencies.setdefault(head_dim, rotary_frequencies(head_dim, theta))
        tables = tables_of(position, kept)
        return _attention(rotate(query, tables), rotate(key, tables), value)

    return attend


def pairing_mixed_up(
    query: Array, key: Array, value: Array, position: Array, theta: float
) -> Array:
    """neighbours are paired on half-split weights: nothing crashes, the text is noise"""
    tables = rotary_tables(position, query.shape[-1], theta)
    return _attention(rotate_interleaved(query, tables), rotate_interleaved(key, tables), value)


def values_rotated(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
    """outputs depend on absolute positions: the same text further on reads differently"""
    tables = rotary_tables(position, query.shape[-1], theta)
    return _attention(*(rotate(x, tables) for x in (query, key, value)))


def keys_not_rotated(
    query: Array, key: Array, value: Array, position: Array, theta: float
) -> Array:
    """scores depend on the query's position alone, as when cached keys miss their turn"""
    return _attention(rotate(query, rotary_tables(position, query.shape[-1], theta)), key, value)


def no_positions(query: Array, key: Array, value: Array, position: Array, theta: float) -> Array:
    """every order of the tokens before a query gives the same answer"""
    return _attention(query, key, value)


def rope_extrapolates_by_itself(
    head_dim: int, theta: float, factor: float, original_length: int
) -> Array:
    """fine within the trained length and a little past it; then the loss explodes"""
    return rotary_frequencies(head_dim, theta)


def every_pair_interpolated(
    head_dim: int, theta: float, factor: float, original_length: int
) -> Array:
    """position interpolation: near tokens are harder to tell apart until it is tuned"""
    return rotary_frequencies(head_dim, theta) / factor


def base_raised_only(head_dim: int, theta: float, factor: float, original_length: int) -> Array:
    """NTK-aware scaling: all but the slowest pair still reach angles never trained"""
    return rotary_frequencies(head_dim, ntk_theta(head_dim, theta, factor))


def blend_upside_down(head_dim: int, theta: float, factor: float, original_length: int) -> Array:
    """the fast pairs are slowed and the slow ones left: the worst of both"""
    plain = rotary_frequencies(head_dim, theta)
    return plain + plain / factor - yarn_frequencies(head_dim, theta, factor, original_length)


def factor_applied_twice(head_dim: int, theta: float, factor: float, original_length: int) -> Array:
    """positions and frequencies are both divided: far tokens look four times too near"""
    return yarn_frequencies(head_dim, theta, factor**2, original_length)


DEFINITION = (rope.turns_half_split_pairs, rope.each_theta_turns_its_own_way)
MISTAKES = (
    # Of `is_permutation_equivariant`.
    Variant.of(
        attention_called_permutation_invariant,
        caught_by=[symmetry.attention_without_positions_is, symmetry.sorting_is_not],
    ),
    Variant.of(only_the_sum_compared, caught_by=[symmetry.sorting_is_not]),
    Variant.of(every_attention_called_equivariant, caught_by=[symmetry.causal_attention_is_not]),
    # Of `rotary_attention`.
    Variant.of(theta_ignored, caught_by=DEFINITION),
    Variant.of(
        _theta_cached(),
        "the first model is right; the second one turns with the first one's base",
        name="theta_cached",
        caught_by=[rope.each_theta_turns_its_own_way],
    ),
    Variant.of(pairing_mixed_up, caught_by=DEFINITION),
    Variant.of(
        values_rotated,
        caught_by=[*DEFINITION, rope.distance_alone_counts],
    ),
    Variant.of(
        keys_not_rotated,
        caught_by=[*DEFINITION, rope.distance_alone_counts, rope.order_counts],
    ),
    Variant.of(
        no_positions,
        caught_by=[*DEFINITION, rope.order_counts],
    ),
    # Of `yarn_frequencies`.
    Variant.of(
        rope_extrapolates_by_itself,
        caught_by=[scaling.no_angle_is_new, scaling.the_blend_is_linear],
    ),
    Variant.of(
        every_pair_interpolated,
        caught_by=[scaling.fast_pairs_stay, scaling.the_blend_is_linear],
    ),
    Variant.of(
        base_raised_only,
        caught_by=[
            scaling.fast_pairs_stay,
            scaling.no_angle_is_new,
            scaling.the_blend_is_linear,
        ],
    ),
    Variant.of(
        blend_upside_down,
        caught_by=[
            scaling.fast_pairs_stay,
            scaling.no_angle_is_new,
            scaling.the_blend_is_linear,
        ],
    ),
    Variant.of(
        factor_applied_twice,
        caught_by=[
            scaling.slow_pairs_are_not_slower_than_needed,
            scaling.the_blend_is_linear,
        ],
    ),
)
