"""HyDE as it is got wrong: each function runs, and gives a vector or a gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from whiteboard.evaluation.intervals import PairedDifference, paired_difference
from whiteboard.practice.core import Variant
from whiteboard.retrieval.hyde import unit


def query_dropped(query: Array, documents: Array) -> Array:
    return unit(unit(documents).mean(axis=-2))


def one_document_only(query: Array, documents: Array) -> Array:
    return unit(unit(query) + unit(documents[..., 0, :]))


def query_counts_half(query: Array, documents: Array) -> Array:
    return unit(unit(query) + unit(unit(documents).mean(axis=-2)))


def raw_vectors_averaged(query: Array, documents: Array) -> Array:
    return unit(jnp.concatenate([query[..., None, :], documents], axis=-2).mean(axis=-2))


def mean_left_short(query: Array, documents: Array) -> Array:
    return unit(jnp.concatenate([query[..., None, :], documents], axis=-2)).mean(axis=-2)


def judged_on_tuning_queries(settings: Array, plain: Array, development: Array) -> PairedDifference:
    best = jnp.argmax(settings[:, development].mean(axis=1))
    return paired_difference(settings[best][development], plain[development])


def tuned_on_held_out(settings: Array, plain: Array, development: Array) -> PairedDifference:
    best = jnp.argmax(settings[:, ~development].mean(axis=1))
    return paired_difference(settings[best][~development], plain[~development])


def tuned_and_judged_on_all(settings: Array, plain: Array, development: Array) -> PairedDifference:
    best = jnp.argmax(settings.mean(axis=1))
    return paired_difference(settings[best], plain)


def _variant(function: Callable[..., Any], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


VECTOR = (
    _variant(
        query_dropped,
        "An invented answer about another topic takes the search there, and nothing holds it back.",
        "follows_equation_8",
        "the_query_has_its_say",
    ),
    _variant(
        one_document_only,
        "The others are paid for and thrown away; results change from run to run.",
        "follows_equation_8",
        "every_document_counts",
    ),
    _variant(
        query_counts_half,
        "Eight documents together weigh no more than one: results are not those of the paper.",
        "follows_equation_8",
    ),
    _variant(
        raw_vectors_averaged,
        "The text with the longest vector decides, whatever it says.",
        "follows_equation_8",
        "length_changes_nothing",
    ),
    _variant(
        mean_left_short,
        "The order is right, and every score is lower: thresholds and fusions go wrong.",
        "follows_equation_8",
        "scores_are_cosines",
    ),
)
GAIN = (
    _variant(
        judged_on_tuning_queries,
        "The gain is large in the report and gone in use: the settings were fitted to it.",
        "reports_the_held_out_half",
        "the_held_out_half_does_not_choose",
        "luck_does_not_pay",
    ),
    _variant(
        tuned_on_held_out,
        "The queries kept for the report chose the setting, so they are no longer kept.",
        "the_held_out_half_does_not_choose",
        "luck_does_not_pay",
    ),
    _variant(
        tuned_and_judged_on_all,
        "No query was kept back: some setting of many looks good on them by luck.",
        "reports_the_held_out_half",
        "the_held_out_half_does_not_choose",
        "luck_does_not_pay",
    ),
)
