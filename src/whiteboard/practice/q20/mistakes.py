"""HyDE as it is got wrong: each function runs, and gives a vector or a gain."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from whiteboard.evaluation.intervals import PairedDifference, paired_difference
from whiteboard.practice.core import Variant
from whiteboard.practice.q20 import checks
from whiteboard.retrieval.hyde import unit


def query_dropped(query: Array, documents: Array) -> Array:
    """An invented answer about another topic takes the search there, and nothing holds it back."""
    return unit(unit(documents).mean(axis=-2))


def one_document_only(query: Array, documents: Array) -> Array:
    """The others are paid for and thrown away; results change from run to run."""
    return unit(unit(query) + unit(documents[..., 0, :]))


def query_counts_half(query: Array, documents: Array) -> Array:
    """Eight documents together weigh no more than one: results are not those of the paper."""
    return unit(unit(query) + unit(unit(documents).mean(axis=-2)))


def raw_vectors_averaged(query: Array, documents: Array) -> Array:
    """The text with the longest vector decides, whatever it says."""
    return unit(jnp.concatenate([query[..., None, :], documents], axis=-2).mean(axis=-2))


def mean_left_short(query: Array, documents: Array) -> Array:
    """The order is right, and every score is lower: thresholds and fusions go wrong."""
    return unit(jnp.concatenate([query[..., None, :], documents], axis=-2)).mean(axis=-2)


def judged_on_tuning_queries(settings: Array, plain: Array, development: Array) -> PairedDifference:
    """The gain is large in the report and gone in use: the settings were fitted to it."""
    best = jnp.argmax(settings[:, development].mean(axis=1))
    return paired_difference(settings[best][development], plain[development])


def tuned_on_held_out(settings: Array, plain: Array, development: Array) -> PairedDifference:
    """The queries kept for the report chose the setting, so they are no longer kept."""
    best = jnp.argmax(settings[:, ~development].mean(axis=1))
    return paired_difference(settings[best][~development], plain[~development])


def tuned_and_judged_on_all(settings: Array, plain: Array, development: Array) -> PairedDifference:
    """No query was kept back: some setting of many looks good on them by luck."""
    best = jnp.argmax(settings.mean(axis=1))
    return paired_difference(settings[best], plain)


MISTAKES = (
    # Of `hyde_vector`.
    Variant.of(query_dropped, caught_by=[checks.follows_equation_8, checks.the_query_has_its_say]),
    Variant.of(
        one_document_only, caught_by=[checks.follows_equation_8, checks.every_document_counts]
    ),
    Variant.of(query_counts_half, caught_by=[checks.follows_equation_8]),
    Variant.of(
        raw_vectors_averaged, caught_by=[checks.follows_equation_8, checks.length_changes_nothing]
    ),
    Variant.of(mean_left_short, caught_by=[checks.follows_equation_8, checks.scores_are_cosines]),
    # Of `held_out_gain`.
    Variant.of(
        judged_on_tuning_queries,
        caught_by=[
            checks.reports_the_held_out_half,
            checks.the_held_out_half_does_not_choose,
            checks.luck_does_not_pay,
        ],
    ),
    Variant.of(
        tuned_on_held_out,
        caught_by=[checks.the_held_out_half_does_not_choose, checks.luck_does_not_pay],
    ),
    Variant.of(
        tuned_and_judged_on_all,
        caught_by=[
            checks.reports_the_held_out_half,
            checks.the_held_out_half_does_not_choose,
            checks.luck_does_not_pay,
        ],
    ),
)
