"""Search as it is got wrong: each function runs, and ranks something plausible."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.practice.q15 import checks


def idf_goes_negative(document_frequency: Array, num_documents: int) -> Array:
    """A document that holds a common query word ranks below one that does not."""
    n = document_frequency
    return jnp.log((num_documents - n + 0.5) / (n + 0.5))


def idf_never_zero_frequency(document_frequency: Array, num_documents: int) -> Array:
    """Terms in every document are worth nothing; scores differ from every engine's."""
    return jnp.log(num_documents / jnp.maximum(document_frequency, 1.0))


def length_not_normalised(
    count: Array, length: Array, mean_length: float, k1: float = 1.2, b: float = 0.75
) -> Array:
    """Long documents win: they hold every word often enough."""
    return count / (count + k1)


def counts_unbounded(
    count: Array, length: Array, mean_length: float, k1: float = 1.2, b: float = 0.75
) -> Array:
    """A document that repeats one query word outranks one that holds them all."""
    return count / (1 - b + b * length / mean_length)


def vectors_not_normalised(queries: Array, documents: Array) -> Array:
    """A few long vectors are near everything: the same documents top every list."""
    return queries @ documents.T


def only_queries_normalised(queries: Array, documents: Array) -> Array:
    """Scores look tame, since queries are unit vectors; long documents still win."""
    return queries / jnp.linalg.norm(queries, axis=-1, keepdims=True).clip(1e-12) @ documents.T


def mean_over_padding(states: Array, mask: Array) -> Array:
    """A text's vector depends on what it was batched with."""
    return jnp.mean(states, axis=1)


def padding_counted(states: Array, mask: Array) -> Array:
    """Directions are right and lengths shrink with padding: hidden until a dot product."""
    return jnp.mean(states * mask[..., None], axis=1)


def first_token_only(states: Array, mask: Array) -> Array:
    """[CLS] is taken for the sentence by an encoder trained with the mean: recall drops."""
    return states[:, 0]


def ranks_from_zero(ranks: Array, found: Array, k: float = 60.0) -> Array:
    """Every rank is worth a place more than in the paper: k = 60 behaves as 59."""
    return jnp.sum(jnp.where(found, 1.0 / (k + ranks - 1), 0.0), axis=0)


def absent_still_counts(ranks: Array, found: Array, k: float = 60.0) -> Array:
    """Documents that a list never returned collect score from it."""
    return jnp.sum(1.0 / (k + ranks), axis=0)


def raw_scores_added(lexical: Array, cosine: Array, weight: float = 0.5) -> Array:
    """The sum ranks as BM25 does: its scores are ten times the cosines."""
    return weight * cosine + (1 - weight) * lexical


def weights_swapped(lexical: Array, cosine: Array, weight: float = 0.5) -> Array:
    """Tuning the weight up makes the dense part count for less."""
    scaled = [s / jnp.max(s) for s in (lexical - 0.0, cosine + 1.0)]
    return weight * scaled[0] + (1 - weight) * scaled[1]


MISTAKES = (
    # Of `lucene_idf`.
    Variant.of(
        idf_goes_negative,
        caught_by=[checks.follows_the_idf_formula, checks.a_match_never_counts_against],
    ),
    Variant.of(idf_never_zero_frequency, caught_by=[checks.follows_the_idf_formula]),
    # Of `saturation`.
    Variant.of(
        length_not_normalised,
        caught_by=[checks.follows_the_saturation_formula, checks.length_is_held_against_a_document],
    ),
    Variant.of(
        counts_unbounded, caught_by=[checks.follows_the_saturation_formula, checks.repeats_saturate]
    ),
    # Of `cosine_scores`.
    Variant.of(
        vectors_not_normalised,
        caught_by=[
            checks.follows_the_cosine_formula,
            checks.a_document_is_nearest_to_itself,
            checks.length_changes_nothing,
        ],
    ),
    Variant.of(
        only_queries_normalised,
        caught_by=[
            checks.follows_the_cosine_formula,
            checks.a_document_is_nearest_to_itself,
            checks.length_changes_nothing,
        ],
    ),
    # Of `mean_pool`.
    Variant.of(
        mean_over_padding,
        caught_by=[checks.follows_the_mean_formula, checks.padding_changes_nothing],
    ),
    Variant.of(
        padding_counted, caught_by=[checks.follows_the_mean_formula, checks.padding_changes_nothing]
    ),
    Variant.of(first_token_only, caught_by=[checks.follows_the_mean_formula]),
    # Of `reciprocal_rank_fusion`.
    Variant.of(
        ranks_from_zero,
        caught_by=[checks.follows_the_rrf_formula, checks.rank_61_twice_beats_rank_1_once],
    ),
    Variant.of(
        absent_still_counts,
        caught_by=[
            checks.follows_the_rrf_formula,
            checks.absence_adds_nothing,
            checks.rank_61_twice_beats_rank_1_once,
        ],
    ),
    # Of `convex_fusion`.
    Variant.of(
        raw_scores_added,
        caught_by=[
            checks.follows_the_convex_formula,
            checks.units_change_nothing,
            checks.half_weight_listens_to_both,
        ],
    ),
    Variant.of(
        weights_swapped,
        caught_by=[checks.follows_the_convex_formula, checks.weight_1_is_the_dense_order],
    ),
)
