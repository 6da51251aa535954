"""Reranking as it is got wrong: each function runs, and gives an order, tokens or a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.evaluation.intervals import PairedDifference, paired_difference
from whiteboard.practice.core import Variant
from whiteboard.practice.q16 import checks
from whiteboard.retrieval.rerankers import Ranked, rerank, span_log_prob

Score = Callable[[Array], Array]


def lost_documents_recovered(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    """Quality is wonderful on a thousand documents and the bill is one pass for each of them."""
    everything = max(candidates, len(first))
    return rerank(first, score, candidates=everything, keep=keep, at_least=at_least)


def places_for_documents(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    """The texts that come back are the corpus's first ones, whatever was asked."""
    scores = score(jax.lax.top_k(first, min(candidates, len(first)))[1])
    order = jnp.argsort(-scores, stable=True)[:keep]
    order = order[scores[order] >= at_least]
    return Ranked(order, scores[order])


def both_scores_added(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    """Nothing changes after a reranker is put in: the wider scale of BM25 decides."""
    return rerank(
        first, lambda n: first[n] + score(n), candidates=candidates, keep=keep, at_least=at_least
    )


def worst_first(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    """Quality falls below the first stage's, the more so the more candidates it gets."""
    worst = rerank(first, lambda n: -score(n), candidates=candidates, keep=keep)
    kept = -worst.scores >= at_least
    return Ranked(worst.documents[kept], -worst.scores[kept])


def always_some_context(
    first: Array, score: Score, *, candidates: int, keep: int, at_least: float = -jnp.inf
) -> Ranked:
    """A question without an answer in the corpus gets five passages, and the model uses them."""
    return rerank(first, score, candidates=candidates, keep=keep)


def document_before_query(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    """Long documents score alike for every question: the question was cut off."""
    ids = [cls, *document, sep, *query, sep]
    segments = [0] * (len(document) + 2) + [1] * (len(query) + 1)
    return np.array([ids, segments], np.int32)[:, :length]


def cut_from_the_left(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    """Long documents lose [CLS] and the question, and are scored by how they end."""
    ids = [cls, *query, sep, *document, sep]
    segments = [0] * (len(query) + 2) + [1] * (len(document) + 1)
    return np.array([ids, segments], np.int32)[:, -length:]


def separator_cut_off(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    """Long documents end in a way that the model never saw in training."""
    ids = [cls, *query, sep, *document, sep]
    segments = [0] * (len(query) + 2) + [1] * (len(document) + 1)
    return np.array([ids, segments], np.int32)[:, :length]


def one_segment(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> np.ndarray:
    """Scores are a little worse than published, and nothing says why."""
    ids = [cls, *query, sep, *document[: length - len(query) - 3], sep]
    return np.array([ids, [0] * len(ids)], np.int32)


def padding_scored(logits: Array, tokens: Array, start: Array, stop: Array) -> Array:
    """A passage's score depends on which others share its batch."""
    return span_log_prob(logits, tokens, start, jnp.full_like(stop, tokens.shape[1]))


def passage_scored_too(logits: Array, tokens: Array, start: Array, stop: Array) -> Array:
    """Passages that are easy to read win, whatever was asked."""
    return span_log_prob(logits, tokens, jnp.ones_like(start), stop)


def own_logits_read(logits: Array, tokens: Array, start: Array, stop: Array) -> Array:
    """Scores are near chance: each token is looked for in what follows it."""
    return span_log_prob(jnp.roll(logits, -1, axis=1), tokens, start, stop)


def evaluated_on_training_queries(ahead: Array, behind: Array, trained: Array) -> PairedDifference:
    """The gain is large in the report and gone in use: those queries were learned by heart."""
    seen = jnp.zeros(len(ahead), bool).at[trained].set(True)
    return paired_difference(ahead[seen], behind[seen])


def evaluated_on_all_queries(ahead: Array, behind: Array, trained: Array) -> PairedDifference:
    """Half of the gain is memory."""
    return paired_difference(ahead, behind)


def split_by_pair(ahead: Array, behind: Array, trained: Array) -> PairedDifference:
    """A query has pairs on both sides of the split, so its answers were seen in training."""
    # The last fifth of the pairs is kept for the report, whatever queries they are of.
    unseen = jnp.ones(len(ahead), bool).at[trained[: -(len(trained) // 5) or None]].set(False)
    return paired_difference(ahead[unseen], behind[unseen])


MISTAKES = (
    # Of `rerank`.
    Variant.of(
        lost_documents_recovered,
        caught_by=[
            checks.follows_two_sorts,
            checks.the_missed_stay_lost,
            checks.only_candidates_are_scored,
            checks.weak_candidates_are_dropped,
        ],
    ),
    Variant.of(
        places_for_documents,
        caught_by=[
            checks.follows_two_sorts,
            checks.the_missed_stay_lost,
            checks.equal_scores_keep_their_order,
            checks.weak_candidates_are_dropped,
        ],
    ),
    Variant.of(
        both_scores_added, caught_by=[checks.follows_two_sorts, checks.weak_candidates_are_dropped]
    ),
    Variant.of(
        worst_first, caught_by=[checks.follows_two_sorts, checks.weak_candidates_are_dropped]
    ),
    Variant.of(always_some_context, caught_by=[checks.weak_candidates_are_dropped]),
    # Of `pair_tokens`.
    Variant.of(
        document_before_query,
        caught_by=[
            checks.follows_bert,
            checks.the_query_stays_whole,
            checks.the_pair_ends_in_a_separator,
            checks.the_document_is_the_second_segment,
        ],
    ),
    Variant.of(cut_from_the_left, caught_by=[checks.follows_bert, checks.the_query_stays_whole]),
    Variant.of(
        separator_cut_off, caught_by=[checks.follows_bert, checks.the_pair_ends_in_a_separator]
    ),
    Variant.of(
        one_segment, caught_by=[checks.follows_bert, checks.the_document_is_the_second_segment]
    ),
    # Of `span_log_prob`.
    Variant.of(
        padding_scored, caught_by=[checks.follows_the_product, checks.padding_changes_nothing]
    ),
    Variant.of(
        passage_scored_too, caught_by=[checks.follows_the_product, checks.the_passage_is_given]
    ),
    Variant.of(own_logits_read, caught_by=[checks.follows_the_product]),
    # Of `untrained_gain`.
    Variant.of(
        evaluated_on_training_queries,
        caught_by=[
            checks.reports_unseen_queries,
            checks.memory_gains_nothing,
            checks.one_trained_pair_is_enough,
        ],
    ),
    Variant.of(
        evaluated_on_all_queries,
        caught_by=[
            checks.reports_unseen_queries,
            checks.memory_gains_nothing,
            checks.one_trained_pair_is_enough,
        ],
    ),
    Variant.of(split_by_pair, caught_by=[checks.memory_gains_nothing]),
)
