"""Evaluation as it is got wrong: each function runs, and gives a plausible number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.evaluation.rank_metrics import grades_in_order, hit_rate, precision
from whiteboard.practice.core import Variant
from whiteboard.retrieval.rag_metrics import Cited, Judge


def hit_rate_called_recall(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    return hit_rate(grades, order, k, level)


def precision_called_recall(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    return precision(grades, order, k, level)


def found_ones_only(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    relevant = grades_in_order(grades, order)[:, :k] >= level
    places = jnp.arange(1, relevant.shape[1] + 1)[None]
    precisions = jnp.cumsum(relevant, axis=1) / places
    return jnp.sum(relevant * precisions, axis=1) / jnp.maximum(jnp.sum(relevant, axis=1), 1)


def divided_by_k(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    relevant = grades_in_order(grades, order)[:, :k] >= level
    places = jnp.arange(1, relevant.shape[1] + 1)[None]
    return jnp.sum(relevant * jnp.cumsum(relevant, axis=1) / places, axis=1) / k


def _dcg(grades: Array, discount: Array) -> Array:
    return jnp.sum(jnp.maximum(grades, 0) / discount[None, : grades.shape[1]], axis=1)


def ideal_from_retrieved(grades: Array, order: Array, k: int) -> Array:
    found = grades_in_order(grades, order)[:, :k]
    discount = jnp.log2(jnp.arange(2.0, k + 2))
    return _dcg(found, discount) / jnp.maximum(_dcg(-jnp.sort(-found, axis=1), discount), 1e-12)


def second_place_for_free(grades: Array, order: Array, k: int) -> Array:
    discount = jnp.maximum(jnp.log2(jnp.arange(1.0, k + 1)), 1.0)
    best = -jnp.sort(-grades, axis=1)[:, :k]
    found = grades_in_order(grades, order)[:, :k]
    return _dcg(found, discount) / jnp.maximum(_dcg(best, discount), 1e-12)


def ties_broken_by_luck(scores: Array, names: Array) -> Array:
    return jnp.argsort(-scores, axis=-1, stable=True)


def smaller_name_first(scores: Array, names: Array) -> Array:
    return jnp.lexsort((jnp.broadcast_to(names, scores.shape), -scores), axis=-1)


def unjudged_in_silence(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    return jnp.stack([precision(grades, order, k, level)] * 2, axis=1)


def empty_places_may_be_relevant(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    labels = grades_in_order(grades, order)[:, :k]
    least, most = labels >= level, (labels >= level) | (labels < 0)
    return jnp.stack([jnp.sum(least, axis=1), jnp.sum(most, axis=1)], axis=1) / k


def agreement_called_kappa(first: Array, second: Array, num_labels: int = 2) -> Array:
    return jnp.mean(first == second)


def chance_taken_as_even(first: Array, second: Array, num_labels: int = 2) -> Array:
    return (jnp.mean(first == second) - 1 / num_labels) / (1 - 1 / num_labels)


def each_citation_alone(answer: Sequence[Cited], passages: Sequence[str], judge: Judge) -> float:
    pairs = [(passages[c], each.text) for each in answer for c in each.citations]
    return sum(map(bool, judge(pairs))) / len(pairs)


def idle_citations_counted(answer: Sequence[Cited], passages: Sequence[str], judge: Judge) -> float:
    pairs = [("\n".join(passages[c] for c in each.citations), each.text) for each in answer]
    counts = [len(each.citations) for each in answer]
    right = [n * bool(v) for n, v in zip(counts, judge(pairs), strict=True)]
    return sum(right) / sum(counts)


def unpaired_variance(
    first: Array, second: Array, difference: float, *, confidence: float = 0.95, power: float = 0.8
) -> Array:
    z = NormalDist().inv_cdf((1 + confidence) / 2) + NormalDist().inv_cdf(power)
    return z**2 * (jnp.var(first, ddof=1) + jnp.var(second, ddof=1)) / difference**2


def power_left_out(
    first: Array, second: Array, difference: float, *, confidence: float = 0.95, power: float = 0.8
) -> Array:
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return (z * jnp.std(first - second, ddof=1) / difference) ** 2


def _variant(function: Callable[..., Any], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


RECALL = (
    _variant(
        hit_rate_called_recall,
        "Recall is 1 as soon as one of many answers is found; two-hop questions fail all the same.",
        "follows_the_recall_formula",
        "one_of_four_is_a_quarter",
    ),
    _variant(
        precision_called_recall,
        "A larger k lowers recall.",
        "follows_the_recall_formula",
        "one_of_four_is_a_quarter",
        "a_larger_k_never_lowers_it",
    ),
)
AVERAGE_PRECISION = (
    _variant(
        found_ones_only,
        "A ranking that finds one document of ten, first, has average precision 1.",
        "follows_the_ap_formula",
        "what_was_not_found_counts",
    ),
    _variant(
        divided_by_k,
        "Even a perfect ranking is far from 1, and further for a larger k.",
        "follows_the_ap_formula",
        "what_was_not_found_counts",
        "a_perfect_ranking_has_1",
    ),
)
NDCG = (
    _variant(
        ideal_from_retrieved,
        "A retriever that misses every good document has nDCG 1, if the poor ones are in order.",
        "follows_the_ndcg_formula",
        "missing_the_best_document_costs",
    ),
    _variant(
        second_place_for_free,
        "The first two places may be swapped at no cost.",
        "follows_the_ndcg_formula",
        "the_second_place_is_worth_less",
    ),
)
ORDER = (
    _variant(
        ties_broken_by_luck,
        "The same index, filled in another order, has another score.",
        "equal_scores_go_by_name",
        "moving_documents_changes_nothing",
    ),
    _variant(
        smaller_name_first,
        "Numbers that differ from trec_eval's wherever scores are equal.",
        "equal_scores_go_by_name",
    ),
)
BOUNDS = (
    _variant(
        unjudged_in_silence,
        "A new retriever looks worse than the one whose results were labelled.",
        "follows_the_bounds_formula",
        "an_unjudged_document_may_be_relevant",
    ),
    _variant(
        empty_places_may_be_relevant,
        "A search that returned nothing might have been perfect.",
        "follows_the_bounds_formula",
        "nothing_was_found_there",
    ),
)
KAPPA = (
    _variant(
        agreement_called_kappa,
        "A judge that says yes to everything agrees in 90% of a set that is 90% yes.",
        "follows_the_kappa_formula",
        "luck_gives_0",
    ),
    _variant(
        chance_taken_as_even,
        "With uneven labels a judge that guesses by their shares looks good.",
        "follows_the_kappa_formula",
        "luck_gives_0",
    ),
)
CITATIONS = (
    _variant(
        each_citation_alone,
        "Statements that join two sources lose the precision of both.",
        "follows_alces_definition",
        "two_halves_count_together",
    ),
    _variant(
        idle_citations_counted,
        "Citing every passage behind every sentence gives precision 1.",
        "follows_alces_definition",
        "an_idle_citation_does_not_count",
    ),
)
QUERIES = (
    _variant(
        unpaired_variance,
        "Ten times the labels that are needed: hard queries are hard for both systems.",
        "follows_the_sample_size_formula",
        "what_both_share_costs_nothing",
    ),
    _variant(
        power_left_out,
        "Every second experiment misses the difference that it was planned for.",
        "follows_the_sample_size_formula",
        "more_power_takes_more_queries",
    ),
)
