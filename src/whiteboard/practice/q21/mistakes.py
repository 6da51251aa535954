"""Drift, mining and versions as they are got wrong: each runs, and looks plausible."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.retrieval.dense import cosine_scores


def texts_paired_with_themselves(kernel: Array, first: Array) -> Array:
    a, b = first * 1.0, 1.0 - first
    n, m = jnp.sum(a), jnp.sum(b)
    return a @ kernel @ a / n**2 + b @ kernel @ b / m**2 - 2 * (a @ kernel @ b) / (n * m)


def cross_pairs_counted_once(kernel: Array, first: Array) -> Array:
    a, b = first * 1.0, 1.0 - first
    pairs = kernel * (1 - jnp.eye(len(kernel)))
    n, m = jnp.sum(a), jnp.sum(b)
    within = a @ pairs @ a / (n * (n - 1)) + b @ pairs @ b / (m * (m - 1))
    return within - (a @ kernel @ b) / (n * m)


def chance_never_wins(observed: Array, shuffled: Array) -> Array:
    return jnp.mean(shuffled >= observed)


def ties_dropped(observed: Array, shuffled: Array) -> Array:
    return (1 + jnp.sum(shuffled > observed)) / (1 + len(shuffled))


def counts_not_shares(reference: Array, current: Array) -> Array:
    p, q = reference + 0.5, current + 0.5
    return jnp.sum((p - q) * jnp.log(p / q), axis=-1)


def empty_bins_skipped(reference: Array, current: Array) -> Array:
    both = (reference > 0) & (current > 0)
    p = reference / jnp.sum(reference, axis=-1, keepdims=True)
    q = current / jnp.sum(current, axis=-1, keepdims=True)
    terms = (p - q) * jnp.log(jnp.where(both, p, 1) / jnp.where(both, q, 1))
    return jnp.sum(jnp.where(both, terms, 0), axis=-1)


def false_negatives_mined(
    scores: Array, positive: Array, known: Array, *, count: int, margin: float = 0.05
) -> Array:
    others = jnp.arange(scores.shape[1])[None] != positive[:, None]
    return jax.lax.top_k(jnp.where(others, scores, -jnp.inf), count)[1]


def known_answers_mined(
    scores: Array, positive: Array, known: Array, *, count: int, margin: float = 0.05
) -> Array:
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)
    allowed = scores <= (1 - margin) * of_positive
    best, passages = jax.lax.top_k(jnp.where(allowed, scores, -jnp.inf), count)
    return jnp.where(jnp.isfinite(best), passages, -1)


def easiest_mined(
    scores: Array, positive: Array, known: Array, *, count: int, margin: float = 0.05
) -> Array:
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)
    allowed = ~known & (scores <= (1 - margin) * of_positive)
    best, passages = jax.lax.top_k(jnp.where(allowed, -scores, -jnp.inf), count)
    return jnp.where(jnp.isfinite(best), passages, -1)


def false_negatives_pushed_away(
    queries: Array, passages: Array, positive: Array, excluded: Array, temperature: float = 0.05
) -> Array:
    scores = queries @ passages.T / temperature
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - of_positive)


def temperature_multiplied(
    queries: Array, passages: Array, positive: Array, excluded: Array, temperature: float = 0.05
) -> Array:
    own = jnp.arange(len(passages))[None] == positive[:, None]
    scores = jnp.where(excluded & ~own, -jnp.inf, queries @ passages.T * temperature)
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - of_positive)


def old_vectors_searched_with_new_encoder(
    query: Array, query_version: Array, stored: Array, stored_version: Array
) -> Array:
    return cosine_scores(query, stored)


def other_versions_score_zero(
    query: Array, query_version: Array, stored: Array, stored_version: Array
) -> Array:
    same = query_version[:, None] == stored_version[None]
    return jnp.where(same, cosine_scores(query, stored), 0.0)


def _variant(function: Callable[..., Array], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


MMD = (
    _variant(
        texts_paired_with_themselves,
        "Small windows look different from each other, always, and large ones less so.",
        "follows_the_mmd_formula",
        "alike_windows_give_0_on_average",
    ),
    _variant(
        cross_pairs_counted_once,
        "Every week looks different from every other.",
        "follows_the_mmd_formula",
        "alike_windows_give_0_on_average",
    ),
)
P_VALUE = (
    _variant(
        chance_never_wins,
        "p is 0 now and then: a certainty that so few shuffles cannot give.",
        "follows_the_p_value_formula",
        "no_more_alarms_than_promised",
    ),
    _variant(
        ties_dropped,
        "Windows of the same few queries raise alarms: equal statistics count for drift.",
        "follows_the_p_value_formula",
        "no_more_alarms_than_promised",
    ),
)
PSI = (
    _variant(
        counts_not_shares,
        "The index grows with the traffic.",
        "follows_the_psi_formula",
        "traffic_changes_nothing",
    ),
    _variant(
        empty_bins_skipped,
        "A topic that nobody asked about before goes unseen.",
        "follows_the_psi_formula",
        "a_new_topic_counts",
    ),
)
MINING = (
    _variant(
        false_negatives_mined,
        "The encoder is taught that a passage which answers does not: near duplicates first.",
        "follows_the_mining_rule",
        "near_duplicates_of_the_answer_are_left",
        "known_answers_are_left",
    ),
    _variant(
        known_answers_mined,
        "A query's second answer is pushed away from it.",
        "follows_the_mining_rule",
        "known_answers_are_left",
    ),
    _variant(
        easiest_mined,
        "The loss is near 0 from the first step, and nothing is learnt.",
        "follows_the_mining_rule",
    ),
)
INFO_NCE = (
    _variant(
        false_negatives_pushed_away,
        "Two queries with one answer: each pushes it away from the other.",
        "follows_the_info_nce_formula",
        "an_excluded_passage_changes_nothing",
    ),
    _variant(
        temperature_multiplied,
        "The loss stands at ln(batch) and hardly moves.",
        "follows_the_info_nce_formula",
        "a_clear_answer_costs_nothing",
    ),
)
VERSIONS = (
    _variant(
        old_vectors_searched_with_new_encoder,
        "Recall falls to chance overnight, no error anywhere, until all is embedded anew.",
        "follows_the_version_rule",
        "another_versions_vector_is_never_found",
    ),
    _variant(
        other_versions_score_zero,
        "Vectors of the old encoder stand above all the new one's with a negative cosine.",
        "follows_the_version_rule",
        "another_versions_vector_is_never_found",
    ),
)
