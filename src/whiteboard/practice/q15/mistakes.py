"""Search as it is got wrong: each function runs, and ranks something plausible."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Variant


def idf_goes_negative(document_frequency: Array, num_documents: int) -> Array:
    n = document_frequency
    return jnp.log((num_documents - n + 0.5) / (n + 0.5))


def idf_never_zero_frequency(document_frequency: Array, num_documents: int) -> Array:
    return jnp.log(num_documents / jnp.maximum(document_frequency, 1.0))


def length_not_normalised(
    count: Array, length: Array, mean_length: float, k1: float = 1.2, b: float = 0.75
) -> Array:
    return count / (count + k1)


def counts_unbounded(
    count: Array, length: Array, mean_length: float, k1: float = 1.2, b: float = 0.75
) -> Array:
    return count / (1 - b + b * length / mean_length)


def vectors_not_normalised(queries: Array, documents: Array) -> Array:
    return queries @ documents.T


def only_queries_normalised(queries: Array, documents: Array) -> Array:
    return queries / jnp.linalg.norm(queries, axis=-1, keepdims=True).clip(1e-12) @ documents.T


def mean_over_padding(states: Array, mask: Array) -> Array:
    return jnp.mean(states, axis=1)


def padding_counted(states: Array, mask: Array) -> Array:
    return jnp.mean(states * mask[..., None], axis=1)


def first_token_only(states: Array, mask: Array) -> Array:
    return states[:, 0]


def ranks_from_zero(ranks: Array, found: Array, k: float = 60.0) -> Array:
    return jnp.sum(jnp.where(found, 1.0 / (k + ranks - 1), 0.0), axis=0)


def absent_still_counts(ranks: Array, found: Array, k: float = 60.0) -> Array:
    return jnp.sum(1.0 / (k + ranks), axis=0)


def raw_scores_added(lexical: Array, cosine: Array, weight: float = 0.5) -> Array:
    return weight * cosine + (1 - weight) * lexical


def weights_swapped(lexical: Array, cosine: Array, weight: float = 0.5) -> Array:
    scaled = [s / jnp.max(s) for s in (lexical - 0.0, cosine + 1.0)]
    return weight * scaled[0] + (1 - weight) * scaled[1]


def _variant(function: Callable[..., Array], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


IDF = (
    _variant(
        idf_goes_negative,
        "A document that holds a common query word ranks below one that does not.",
        "follows_the_idf_formula",
        "a_match_never_counts_against",
    ),
    _variant(
        idf_never_zero_frequency,
        "Terms in every document are worth nothing; scores differ from every engine's.",
        "follows_the_idf_formula",
    ),
)
SATURATION = (
    _variant(
        length_not_normalised,
        "Long documents win: they hold every word often enough.",
        "follows_the_saturation_formula",
        "length_is_held_against_a_document",
    ),
    _variant(
        counts_unbounded,
        "A document that repeats one query word outranks one that holds them all.",
        "follows_the_saturation_formula",
        "repeats_saturate",
    ),
)
COSINE = (
    _variant(
        vectors_not_normalised,
        "A few long vectors are near everything: the same documents top every list.",
        "follows_the_cosine_formula",
        "a_document_is_nearest_to_itself",
        "length_changes_nothing",
    ),
    _variant(
        only_queries_normalised,
        "Scores look tame, since queries are unit vectors; long documents still win.",
        "follows_the_cosine_formula",
        "a_document_is_nearest_to_itself",
        "length_changes_nothing",
    ),
)
POOLING = (
    _variant(
        mean_over_padding,
        "A text's vector depends on what it was batched with.",
        "follows_the_mean_formula",
        "padding_changes_nothing",
    ),
    _variant(
        padding_counted,
        "Directions are right and lengths shrink with padding: hidden until a dot product.",
        "follows_the_mean_formula",
        "padding_changes_nothing",
    ),
    _variant(
        first_token_only,
        "[CLS] is taken for the sentence by an encoder trained with the mean: recall drops.",
        "follows_the_mean_formula",
    ),
)
RRF = (
    _variant(
        ranks_from_zero,
        "Every rank is worth a place more than in the paper: k = 60 behaves as 59.",
        "follows_the_rrf_formula",
        "rank_61_twice_beats_rank_1_once",
    ),
    _variant(
        absent_still_counts,
        "Documents that a list never returned collect score from it.",
        "follows_the_rrf_formula",
        "absence_adds_nothing",
        "rank_61_twice_beats_rank_1_once",
    ),
)
CONVEX = (
    _variant(
        raw_scores_added,
        "The sum ranks as BM25 does: its scores are ten times the cosines.",
        "follows_the_convex_formula",
        "units_change_nothing",
        "half_weight_listens_to_both",
    ),
    _variant(
        weights_swapped,
        "Tuning the weight up makes the dense part count for less.",
        "follows_the_convex_formula",
        "weight_1_is_the_dense_order",
    ),
)
