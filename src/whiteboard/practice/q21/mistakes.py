"""Drift, mining and versions as they are got wrong: each runs, and looks plausible."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.practice.core import Variant
from whiteboard.practice.q21 import drift_checks as drift
from whiteboard.practice.q21 import mining_checks as mining
from whiteboard.practice.q21 import version_checks as version
from whiteboard.retrieval.dense import cosine_scores


def texts_paired_with_themselves(kernel: Array, first: Array) -> Array:
    """Small windows look different from each other, always, and large ones less so."""
    a, b = first * 1.0, 1.0 - first
    n, m = jnp.sum(a), jnp.sum(b)
    return a @ kernel @ a / n**2 + b @ kernel @ b / m**2 - 2 * (a @ kernel @ b) / (n * m)


def cross_pairs_counted_once(kernel: Array, first: Array) -> Array:
    """Every week looks different from every other."""
    a, b = first * 1.0, 1.0 - first
    pairs = kernel * (1 - jnp.eye(len(kernel)))
    n, m = jnp.sum(a), jnp.sum(b)
    within = a @ pairs @ a / (n * (n - 1)) + b @ pairs @ b / (m * (m - 1))
    return within - (a @ kernel @ b) / (n * m)


def chance_never_wins(observed: Array, shuffled: Array) -> Array:
    """p is 0 now and then: a certainty that so few shuffles cannot give."""
    return jnp.mean(shuffled >= observed)


def ties_dropped(observed: Array, shuffled: Array) -> Array:
    """Windows of the same few queries raise alarms: equal statistics count for drift."""
    return (1 + jnp.sum(shuffled > observed)) / (1 + len(shuffled))


def counts_not_shares(reference: Array, current: Array) -> Array:
    """The index grows with the traffic."""
    p, q = reference + 0.5, current + 0.5
    return jnp.sum((p - q) * jnp.log(p / q), axis=-1)


def empty_bins_skipped(reference: Array, current: Array) -> Array:
    """A topic that nobody asked about before goes unseen."""
    both = (reference > 0) & (current > 0)
    p = reference / jnp.sum(reference, axis=-1, keepdims=True)
    q = current / jnp.sum(current, axis=-1, keepdims=True)
    terms = (p - q) * jnp.log(jnp.where(both, p, 1) / jnp.where(both, q, 1))
    return jnp.sum(jnp.where(both, terms, 0), axis=-1)


def false_negatives_mined(
    scores: Array, positive: Array, known: Array, *, count: int, margin: float = 0.05
) -> Array:
    """The encoder is taught that a passage which answers does not: near duplicates first."""
    others = jnp.arange(scores.shape[1])[None] != positive[:, None]
    return jax.lax.top_k(jnp.where(others, scores, -jnp.inf), count)[1]


def known_answers_mined(
    scores: Array, positive: Array, known: Array, *, count: int, margin: float = 0.05
) -> Array:
    """A query's second answer is pushed away from it."""
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)
    allowed = scores <= (1 - margin) * of_positive
    best, passages = jax.lax.top_k(jnp.where(allowed, scores, -jnp.inf), count)
    return jnp.where(jnp.isfinite(best), passages, -1)


def easiest_mined(
    scores: Array, positive: Array, known: Array, *, count: int, margin: float = 0.05
) -> Array:
    """The loss is near 0 from the first step, and nothing is learnt."""
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)
    allowed = ~known & (scores <= (1 - margin) * of_positive)
    best, passages = jax.lax.top_k(jnp.where(allowed, -scores, -jnp.inf), count)
    return jnp.where(jnp.isfinite(best), passages, -1)


def false_negatives_pushed_away(
    queries: Array, passages: Array, positive: Array, excluded: Array, temperature: float = 0.05
) -> Array:
    """Two queries with one answer: each pushes it away from the other."""
    scores = queries @ passages.T / temperature
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - of_positive)


def temperature_multiplied(
    queries: Array, passages: Array, positive: Array, excluded: Array, temperature: float = 0.05
) -> Array:
    """The loss stands at ln(batch) and hardly moves."""
    own = jnp.arange(len(passages))[None] == positive[:, None]
    scores = jnp.where(excluded & ~own, -jnp.inf, queries @ passages.T * temperature)
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - of_positive)


def old_vectors_searched_with_new_encoder(
    query: Array, query_version: Array, stored: Array, stored_version: Array
) -> Array:
    """Recall falls to chance overnight, no error anywhere, until all is embedded anew."""
    return cosine_scores(query, stored)


def other_versions_score_zero(
    query: Array, query_version: Array, stored: Array, stored_version: Array
) -> Array:
    """Vectors of the old encoder stand above all the new one's with a negative cosine."""
    same = query_version[:, None] == stored_version[None]
    return jnp.where(same, cosine_scores(query, stored), 0.0)


MISTAKES = (
    # Of `mmd2`.
    Variant.of(
        texts_paired_with_themselves,
        caught_by=[drift.follows_the_mmd_formula, drift.alike_windows_give_0_on_average],
    ),
    Variant.of(
        cross_pairs_counted_once,
        caught_by=[drift.follows_the_mmd_formula, drift.alike_windows_give_0_on_average],
    ),
    # Of `p_value`.
    Variant.of(
        chance_never_wins,
        caught_by=[drift.follows_the_p_value_formula, drift.no_more_alarms_than_promised],
    ),
    Variant.of(
        ties_dropped,
        caught_by=[drift.follows_the_p_value_formula, drift.no_more_alarms_than_promised],
    ),
    # Of `population_stability_index`.
    Variant.of(
        counts_not_shares, caught_by=[drift.follows_the_psi_formula, drift.traffic_changes_nothing]
    ),
    Variant.of(
        empty_bins_skipped, caught_by=[drift.follows_the_psi_formula, drift.a_new_topic_counts]
    ),
    # Of `mine_negatives`.
    Variant.of(
        false_negatives_mined,
        caught_by=[
            mining.follows_the_mining_rule,
            mining.near_duplicates_of_the_answer_are_left,
            mining.known_answers_are_left,
        ],
    ),
    Variant.of(
        known_answers_mined,
        caught_by=[mining.follows_the_mining_rule, mining.known_answers_are_left],
    ),
    Variant.of(easiest_mined, caught_by=[mining.follows_the_mining_rule]),
    # Of `info_nce`.
    Variant.of(
        false_negatives_pushed_away,
        caught_by=[mining.follows_the_info_nce_formula, mining.an_excluded_passage_changes_nothing],
    ),
    Variant.of(
        temperature_multiplied,
        caught_by=[mining.follows_the_info_nce_formula, mining.a_clear_answer_costs_nothing],
    ),
    # Of `same_version_scores`.
    Variant.of(
        old_vectors_searched_with_new_encoder,
        caught_by=[
            version.follows_the_version_rule,
            version.another_versions_vector_is_never_found,
        ],
    ),
    Variant.of(
        other_versions_score_zero,
        caught_by=[
            version.follows_the_version_rule,
            version.another_versions_vector_is_never_found,
        ],
    ),
)
