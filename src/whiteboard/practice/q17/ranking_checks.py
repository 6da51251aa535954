"""The checks of ranking metrics."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.evaluation.rank_metrics import (
    average_precision,
    best_first,
    ndcg,
    precision_bounds,
    recall,
)
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Function = Callable[..., Array]

# Two queries, seven documents; -1 was not judged, and an empty place is -1 too.
GRADES = jnp.array([[0, 2, -1, 1, 0, 3, 1], [1, 0, 0, -1, -1, 0, 0]])
ORDER = jnp.array([[3, 2, 1, 4, 0], [4, 3, 0, -1, -1]])
FOUR, ONE_FOUND = jnp.array([[1, 1, 1, 1, 0, 0, 0]]), jnp.array([[0, 4, 5, 6, -1]])
SCORES, NAMES = jnp.array([[0.5, 0.7, 0.5, 0.2, 0.5]]), jnp.array([11, 3, 31, 7, 23])


def _rows(grades: Array, order: Array, k: int) -> list[tuple[list[int], list[int]]]:
    """The grades of each query's first k places, -1 for an empty one, and all its grades."""
    rows = zip(np.asarray(grades).tolist(), np.asarray(order).tolist(), strict=True)
    return [([g[d] if d >= 0 else -1 for d in o[:k]], g) for g, o in rows]


def follows_the_recall_formula(metric: Function) -> None:
    """|relevant among the first k| / |relevant|, for k 3 and levels 1 and 2."""
    for level in (1, 2):
        want = [
            sum(x >= level for x in found) / max(sum(x >= level for x in every), 1)
            for found, every in _rows(GRADES, ORDER, 3)
        ]
        got = metric(GRADES, ORDER, 3, level)
        expect_close(got, np.array(want), f"grades from {level} on are relevant, k 3")


def one_of_four_is_a_quarter(metric: Function) -> None:
    """Four relevant documents, one among the first five: recall@5 is 0.25."""
    got = float(metric(FOUR, ONE_FOUND, 5, 1)[0])
    expect(abs(got - 0.25) < 1e-6, f"1 of 4 relevant ones in the first 5: wanted 0.25, got {got:g}")


def a_larger_k_never_lowers_it(metric: Function) -> None:
    """Looking further down cannot lose what was found."""
    first, all_five = (float(metric(FOUR, ONE_FOUND, k, 1)[0]) for k in (1, 5))
    expect(all_five >= first, f"recall@1 is {first:g}, recall@5 {all_five:g}")


def follows_the_ap_formula(metric: Function) -> None:
    """The sum of precision@i at relevant ranks i <= k, over |relevant|."""
    want = []
    for found, every in _rows(GRADES, ORDER, 4):
        hits = [n for n, grade in enumerate(found, 1) if grade >= 1]
        total = sum(grade >= 1 for grade in every)
        want.append(sum((i + 1) / n for i, n in enumerate(hits)) / max(total, 1))
    expect_close(metric(GRADES, ORDER, 4, 1), np.array(want), "2 of 4 and 1 of 1 found, k 4")


def what_was_not_found_counts(metric: Function) -> None:
    """One of four relevant documents, at rank 1: average precision is 0.25."""
    got = float(metric(FOUR, ONE_FOUND, 5, 1)[0])
    expect(abs(got - 0.25) < 1e-6, f"1 of 4 relevant ones, first: wanted 0.25, got {got:g}")


def a_perfect_ranking_has_1(metric: Function) -> None:
    """All relevant documents first, and k larger than their number: 1."""
    got = float(metric(FOUR, jnp.arange(7)[None], 6, 1)[0])
    expect(abs(got - 1) < 1e-6, f"all 4 relevant ones first, k 6: wanted 1, got {got:.3f}")


def follows_the_ndcg_formula(metric: Function) -> None:
    """DCG / DCG of all judged documents in the best order, in float64."""
    want = []
    for found, every in _rows(GRADES, ORDER, 5):
        best = sorted(every, reverse=True)[:5]
        dcg, ideal = (
            sum(max(g, 0) / np.log2(n + 1) for n, g in enumerate(row, 1)) for row in (found, best)
        )
        want.append(dcg / ideal)
    expect_close(metric(GRADES, ORDER, 5), np.array(want), "grades 0 to 3, k 5")


def missing_the_best_document_costs(metric: Function) -> None:
    """A ranking without the only document of grade 3 is below 1, however it orders the rest."""
    grades, order = jnp.array([[3, 1, 0, 0]]), jnp.array([[1, 2, 3]])
    got = float(metric(grades, order, 3)[0])
    expect(got < 0.5, f"grade 3 missing, grade 1 first: wanted 0.28, got {got:.2f}")


def the_second_place_is_worth_less(metric: Function) -> None:
    """The only relevant document second instead of first: 1 / log2(3)."""
    got = float(metric(jnp.array([[0, 1, 0]]), jnp.arange(3)[None], 3)[0])
    expect(abs(got - 0.63093) < 1e-4, f"relevant at rank 2: wanted 0.631, got {got:.3f}")


def equal_scores_go_by_name(order: Function) -> None:
    """By falling score; three documents with 0.5 by falling name, as trec_eval sorts them."""
    got = np.asarray(order(SCORES, NAMES)).tolist()
    names = [int(NAMES[n]) for n in got[0]]
    expect(got == [[1, 2, 4, 0, 3]], f"wanted names 3, 31, 23, 11, 7, got {names}")


def moving_documents_changes_nothing(order: Function) -> None:
    """The same documents at other places of the index: the same names in the same order."""
    moved = jnp.array([4, 2, 0, 3, 1])
    first = NAMES[order(SCORES, NAMES)[0]].tolist()
    second = NAMES[moved][order(SCORES[:, moved], NAMES[moved])[0]].tolist()
    expect(first == second, f"{first}, after moving {second}")


def follows_the_bounds_formula(metric: Function) -> None:
    """Relevant ones / k, and relevant or unjudged ones / k; an empty place is neither."""
    want = np.array([[2 / 5, 3 / 5], [1 / 5, 3 / 5]])
    expect_close(metric(GRADES, ORDER, 5, 1), want, "1 and 2 unjudged, 2 empty places, k 5")


def an_unjudged_document_may_be_relevant(metric: Function) -> None:
    """Three documents that nobody judged: anything from 0 to 1."""
    low, high = (float(x) for x in metric(jnp.full((1, 3), -1), jnp.arange(3)[None], 3, 1)[0])
    expect((low, high) == (0, 1), f"3 unjudged: wanted 0 to 1, got {low:g} to {high:g}")


def nothing_was_found_there(metric: Function) -> None:
    """Three empty places cannot be relevant."""
    low, high = (float(x) for x in metric(jnp.ones((1, 3), int), jnp.full((1, 3), -1), 3, 1)[0])
    expect((low, high) == (0, 0), f"3 empty places: wanted 0 to 0, got {low:g} to {high:g}")


EXERCISES = (
    Exercise.of(
        recall,
        checks=(follows_the_recall_formula, one_of_four_is_a_quarter, a_larger_k_never_lowers_it),
        probe=lambda metric: metric(GRADES, ORDER, 3, 1),
    ),
    Exercise.of(
        average_precision,
        checks=(follows_the_ap_formula, what_was_not_found_counts, a_perfect_ranking_has_1),
        probe=lambda metric: metric(GRADES, ORDER, 4, 1),
    ),
    Exercise.of(
        ndcg,
        checks=(
            follows_the_ndcg_formula,
            missing_the_best_document_costs,
            the_second_place_is_worth_less,
        ),
        probe=lambda metric: metric(GRADES, ORDER, 5),
    ),
    Exercise.of(
        best_first,
        checks=(equal_scores_go_by_name, moving_documents_changes_nothing),
        probe=lambda order: order(SCORES, NAMES),
    ),
    Exercise.of(
        precision_bounds,
        checks=(
            follows_the_bounds_formula,
            an_unjudged_document_may_be_relevant,
            nothing_was_found_there,
        ),
        probe=lambda metric: metric(GRADES, ORDER, 5, 1),
    ),
)
