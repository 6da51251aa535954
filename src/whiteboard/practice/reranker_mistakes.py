"""Reranking as it is got wrong: each function runs, and gives an order, tokens or a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.evaluation.intervals import PairedDifference, paired_difference
from whiteboard.practice.core import Variant
from whiteboard.retrieval.rerankers import Ranked, rerank, span_log_prob

Score = Callable[[Array], Array]


def lost_documents_recovered(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    everything = max(candidates, len(first))
    return rerank(first, score, candidates=everything, keep=keep, at_least=at_least)


def places_for_documents(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    scores = score(jax.lax.top_k(first, min(candidates, len(first)))[1])
    order = jnp.argsort(-scores, stable=True)[:keep]
    order = order[scores[order] >= at_least]
    return Ranked(order, scores[order])


def both_scores_added(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    return rerank(
        first, lambda n: first[n] + score(n), candidates=candidates, keep=keep, at_least=at_least
    )


def worst_first(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    worst = rerank(first, lambda n: -score(n), candidates=candidates, keep=keep)
    kept = -worst.scores >= at_least
    return Ranked(worst.documents[kept], -worst.scores[kept])


def always_some_context(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    return rerank(first, score, candidates=candidates, keep=keep)


def document_before_query(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    ids = [cls, *document, sep, *query, sep]
    segments = [0] * (len(document) + 2) + [1] * (len(query) + 1)
    return np.array([ids, segments], np.int32)[:, :length]


def cut_from_the_left(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    ids = [cls, *query, sep, *document, sep]
    segments = [0] * (len(query) + 2) + [1] * (len(document) + 1)
    return np.array([ids, segments], np.int32)[:, -length:]


def separator_cut_off(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    ids = [cls, *query, sep, *document, sep]
    segments = [0] * (len(query) + 2) + [1] * (len(document) + 1)
    return np.array([ids, segments], np.int32)[:, :length]


def one_segment(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    ids = [cls, *query, sep, *document[: length - len(query) - 3], sep]
    return np.array([ids, [0] * len(ids)], np.int32)


def padding_scored(logits: Array, tokens: Array, start: Array, stop: Array) -> Array:
    return span_log_prob(logits, tokens, start, jnp.full_like(stop, tokens.shape[1]))


def passage_scored_too(logits: Array, tokens: Array, start: Array, stop: Array) -> Array:
    return span_log_prob(logits, tokens, jnp.ones_like(start), stop)


def own_logits_read(logits: Array, tokens: Array, start: Array, stop: Array) -> Array:
    return span_log_prob(jnp.roll(logits, -1, axis=1), tokens, start, stop)


def evaluated_on_training_queries(ahead: Array, behind: Array, trained: Array) -> PairedDifference:
    seen = jnp.zeros(len(ahead), bool).at[trained].set(True)
    return paired_difference(ahead[seen], behind[seen])


def evaluated_on_all_queries(ahead: Array, behind: Array, trained: Array) -> PairedDifference:
    return paired_difference(ahead, behind)


def split_by_pair(ahead: Array, behind: Array, trained: Array) -> PairedDifference:
    # The last fifth of the pairs is kept for the report, whatever queries they are of.
    unseen = jnp.ones(len(ahead), bool).at[trained[: -(len(trained) // 5) or None]].set(False)
    return paired_difference(ahead[unseen], behind[unseen])


def _variant(function: Callable[..., Any], symptom: str, *caught_by: str) -> Variant:
    return Variant(function.__name__, symptom, function, frozenset(caught_by))


RERANK = (
    _variant(
        lost_documents_recovered,
        "Quality is wonderful on a thousand documents and the bill is one pass for each of them.",
        "follows_two_sorts",
        "the_missed_stay_lost",
        "only_candidates_are_scored",
        "weak_candidates_are_dropped",
    ),
    _variant(
        places_for_documents,
        "The texts that come back are the corpus's first ones, whatever was asked.",
        "follows_two_sorts",
        "the_missed_stay_lost",
        "equal_scores_keep_their_order",
        "weak_candidates_are_dropped",
    ),
    _variant(
        both_scores_added,
        "Nothing changes after a reranker is put in: the wider scale of BM25 decides.",
        "follows_two_sorts",
        "weak_candidates_are_dropped",
    ),
    _variant(
        worst_first,
        "Quality falls below the first stage's, the more so the more candidates it gets.",
        "follows_two_sorts",
        "weak_candidates_are_dropped",
    ),
    _variant(
        always_some_context,
        "A question without an answer in the corpus gets five passages, and the model uses them.",
        "weak_candidates_are_dropped",
    ),
)
PAIR = (
    _variant(
        document_before_query,
        "Long documents score alike for every question: the question was cut off.",
        "follows_bert",
        "the_query_stays_whole",
        "the_pair_ends_in_a_separator",
        "the_document_is_the_second_segment",
    ),
    _variant(
        cut_from_the_left,
        "Long documents lose [CLS] and the question, and are scored by how they end.",
        "follows_bert",
        "the_query_stays_whole",
    ),
    _variant(
        separator_cut_off,
        "Long documents end in a way that the model never saw in training.",
        "follows_bert",
        "the_pair_ends_in_a_separator",
    ),
    _variant(
        one_segment,
        "Scores are a little worse than published, and nothing says why.",
        "follows_bert",
        "the_document_is_the_second_segment",
    ),
)
SPAN = (
    _variant(
        padding_scored,
        "A passage's score depends on which others share its batch.",
        "follows_the_product",
        "padding_changes_nothing",
    ),
    _variant(
        passage_scored_too,
        "Passages that are easy to read win, whatever was asked.",
        "follows_the_product",
        "the_passage_is_given",
    ),
    _variant(
        own_logits_read,
        "Scores are near chance: each token is looked for in what follows it.",
        "follows_the_product",
    ),
)
GAIN = (
    _variant(
        evaluated_on_training_queries,
        "The gain is large in the report and gone in use: those queries were learned by heart.",
        "reports_unseen_queries",
        "memory_gains_nothing",
        "one_trained_pair_is_enough",
    ),
    _variant(
        evaluated_on_all_queries,
        "Half of the gain is memory.",
        "reports_unseen_queries",
        "memory_gains_nothing",
        "one_trained_pair_is_enough",
    ),
    _variant(
        split_by_pair,
        "A query has pairs on both sides of the split, so its answers were seen in training.",
        "memory_gains_nothing",
    ),
)
