"""Evaluation as it is got wrong: each function runs, and gives a plausible number."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import jax.numpy as jnp
from jax import Array

from whiteboard.evaluation.rank_metrics import grades_in_order, hit_rate, precision
from whiteboard.practice.core import Variant
from whiteboard.practice.q17 import agreement_checks as agreement
from whiteboard.practice.q17 import citation_checks as citation
from whiteboard.practice.q17 import ranking_checks as ranking
from whiteboard.practice.q17 import sample_size_checks as sample_size
from whiteboard.retrieval.rag_metrics import Cited, Judge


def hit_rate_called_recall(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    """Recall is 1 as soon as one of many answers is found; two-hop questions fail all the same."""
    return hit_rate(grades, order, k, level)


def precision_called_recall(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    """A larger k lowers recall."""
    return precision(grades, order, k, level)


def found_ones_only(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    """A ranking that finds one document of ten, first, has average precision 1."""
    relevant = grades_in_order(grades, order)[:, :k] >= level
    places = jnp.arange(1, relevant.shape[1] + 1)[None]
    precisions = jnp.cumsum(relevant, axis=1) / places
    return jnp.sum(relevant * precisions, axis=1) / jnp.maximum(jnp.sum(relevant, axis=1), 1)


def divided_by_k(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    """Even a perfect ranking is far from 1, and further for a larger k."""
    relevant = grades_in_order(grades, order)[:, :k] >= level
    places = jnp.arange(1, relevant.shape[1] + 1)[None]
    return jnp.sum(relevant * jnp.cumsum(relevant, axis=1) / places, axis=1) / k


def _dcg(grades: Array, discount: Array) -> Array:
    return jnp.sum(jnp.maximum(grades, 0) / discount[None, : grades.shape[1]], axis=1)


def ideal_from_retrieved(grades: Array, order: Array, k: int) -> Array:
    """A retriever that misses every good document has nDCG 1, if the poor ones are in order."""
    found = grades_in_order(grades, order)[:, :k]
    discount = jnp.log2(jnp.arange(2.0, k + 2))
    return _dcg(found, discount) / jnp.maximum(_dcg(-jnp.sort(-found, axis=1), discount), 1e-12)


def second_place_for_free(grades: Array, order: Array, k: int) -> Array:
    """The first two places may be swapped at no cost."""
    discount = jnp.maximum(jnp.log2(jnp.arange(1.0, k + 1)), 1.0)
    best = -jnp.sort(-grades, axis=1)[:, :k]
    found = grades_in_order(grades, order)[:, :k]
    return _dcg(found, discount) / jnp.maximum(_dcg(best, discount), 1e-12)


def ties_broken_by_luck(scores: Array, names: Array) -> Array:
    """The same index, filled in another order, has another score."""
    return jnp.argsort(-scores, axis=-1, stable=True)


def smaller_name_first(scores: Array, names: Array) -> Array:
    """Numbers that differ from trec_eval's wherever scores are equal."""
    return jnp.lexsort((jnp.broadcast_to(names, scores.shape), -scores), axis=-1)


def unjudged_in_silence(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    """A new retriever looks worse than the one whose results were labelled."""
    return jnp.stack([precision(grades, order, k, level)] * 2, axis=1)


def empty_places_may_be_relevant(grades: Array, order: Array, k: int, level: int = 1) -> Array:
    """A search that returned nothing might have been perfect."""
    labels = grades_in_order(grades, order)[:, :k]
    least, most = labels >= level, (labels >= level) | (labels < 0)
    return jnp.stack([jnp.sum(least, axis=1), jnp.sum(most, axis=1)], axis=1) / k


def agreement_called_kappa(first: Array, second: Array, num_labels: int = 2) -> Array:
    """A judge that says yes to everything agrees in 90% of a set that is 90% yes."""
    return jnp.mean(first == second)


def chance_taken_as_even(first: Array, second: Array, num_labels: int = 2) -> Array:
    """With uneven labels a judge that guesses by their shares looks good."""
    return (jnp.mean(first == second) - 1 / num_labels) / (1 - 1 / num_labels)


def each_citation_alone(answer: Sequence[Cited], passages: Sequence[str], judge: Judge) -> float:
    """Statements that join two sources lose the precision of both."""
    pairs = [(passages[c], each.text) for each in answer for c in each.citations]
    return sum(map(bool, judge(pairs))) / len(pairs)


def idle_citations_counted(answer: Sequence[Cited], passages: Sequence[str], judge: Judge) -> float:
    """Citing every passage behind every sentence gives precision 1."""
    pairs = [("\n".join(passages[c] for c in each.citations), each.text) for each in answer]
    counts = [len(each.citations) for each in answer]
    right = [n * bool(v) for n, v in zip(counts, judge(pairs), strict=True)]
    return sum(right) / sum(counts)


def unpaired_variance(
    first: Array, second: Array, difference: float, *, confidence: float = 0.95, power: float = 0.8
) -> Array:
    """Ten times the labels that are needed: hard queries are hard for both systems."""
    z = NormalDist().inv_cdf((1 + confidence) / 2) + NormalDist().inv_cdf(power)
    return z**2 * (jnp.var(first, ddof=1) + jnp.var(second, ddof=1)) / difference**2


def power_left_out(
    first: Array, second: Array, difference: float, *, confidence: float = 0.95, power: float = 0.8
) -> Array:
    """Every second experiment misses the difference that it was planned for."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return (z * jnp.std(first - second, ddof=1) / difference) ** 2


MISTAKES = (
    # Of `cohen_kappa`.
    Variant.of(
        agreement_called_kappa,
        caught_by=[agreement.follows_the_kappa_formula, agreement.luck_gives_0],
    ),
    Variant.of(
        chance_taken_as_even,
        caught_by=[agreement.follows_the_kappa_formula, agreement.luck_gives_0],
    ),
    # Of `citation_precision`.
    Variant.of(
        each_citation_alone,
        caught_by=[citation.follows_alces_definition, citation.two_halves_count_together],
    ),
    Variant.of(
        idle_citations_counted,
        caught_by=[citation.follows_alces_definition, citation.an_idle_citation_does_not_count],
    ),
    # Of `recall`.
    Variant.of(
        hit_rate_called_recall,
        caught_by=[ranking.follows_the_recall_formula, ranking.one_of_four_is_a_quarter],
    ),
    Variant.of(
        precision_called_recall,
        caught_by=[
            ranking.follows_the_recall_formula,
            ranking.one_of_four_is_a_quarter,
            ranking.a_larger_k_never_lowers_it,
        ],
    ),
    # Of `average_precision`.
    Variant.of(
        found_ones_only,
        caught_by=[ranking.follows_the_ap_formula, ranking.what_was_not_found_counts],
    ),
    Variant.of(
        divided_by_k,
        caught_by=[
            ranking.follows_the_ap_formula,
            ranking.what_was_not_found_counts,
            ranking.a_perfect_ranking_has_1,
        ],
    ),
    # Of `ndcg`.
    Variant.of(
        ideal_from_retrieved,
        caught_by=[ranking.follows_the_ndcg_formula, ranking.missing_the_best_document_costs],
    ),
    Variant.of(
        second_place_for_free,
        caught_by=[ranking.follows_the_ndcg_formula, ranking.the_second_place_is_worth_less],
    ),
    # Of `best_first`.
    Variant.of(
        ties_broken_by_luck,
        caught_by=[ranking.equal_scores_go_by_name, ranking.moving_documents_changes_nothing],
    ),
    Variant.of(smaller_name_first, caught_by=[ranking.equal_scores_go_by_name]),
    # Of `precision_bounds`.
    Variant.of(
        unjudged_in_silence,
        caught_by=[
            ranking.follows_the_bounds_formula,
            ranking.an_unjudged_document_may_be_relevant,
        ],
    ),
    Variant.of(
        empty_places_may_be_relevant,
        caught_by=[ranking.follows_the_bounds_formula, ranking.nothing_was_found_there],
    ),
    # Of `queries_needed`.
    Variant.of(
        unpaired_variance,
        caught_by=[
            sample_size.follows_the_sample_size_formula,
            sample_size.what_both_share_costs_nothing,
        ],
    ),
    Variant.of(
        power_left_out,
        caught_by=[
            sample_size.follows_the_sample_size_formula,
            sample_size.more_power_takes_more_queries,
        ],
    ),
)
