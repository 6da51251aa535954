"""The checks of two stages, of a pair's tokens, of a span's score, and of a gain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.rerankers import pair_tokens, rerank, span_log_prob, untrained_gain

Function = Callable[..., Any]

# BM25 is on a scale of its own. Document 0 is the best by the second score, and ranked last.
FIRST, SECOND = jnp.array([1.0, 30.0, 10.0, 20.0, 3.0]), jnp.array([9.0, 1.0, 3.0, 2.0, 8.0])
QUERY, DOCUMENT = [11, 12, 13], list(range(20, 40))
TRAINED = jnp.array([0, 2, 2, 4, 0])
AHEAD, BEHIND = jnp.array([1.0, 0.4, 1.0, 0.3, 1.0, 0.5]), jnp.full(6, 0.5)


def follows_two_sorts(rerank: Function) -> None:
    """The 3 best by the first score, sorted by the second: the best 2 of them."""
    documents, scores = rerank(FIRST, SECOND.__getitem__, candidates=3, keep=2)
    expect_close(documents, np.array([2, 3]), "candidates 1, 3, 2 with scores 1, 2, 3")
    expect_close(scores, np.array([3.0, 2.0]), "their scores")


def the_missed_stay_lost(rerank: Function) -> None:
    """A document beyond the candidates does not come back, however good it is."""
    documents = np.asarray(rerank(FIRST, SECOND.__getitem__, candidates=3, keep=3)[0]).tolist()
    expect(0 not in documents, f"document 0 is no candidate of the first 3, got {documents}")


def only_candidates_are_scored(rerank: Function) -> None:
    """Each pair is a pass of the model: as many as there are candidates."""
    asked: list[int] = []

    def score(numbers: Array) -> Array:
        asked.extend(np.asarray(numbers).tolist())
        return SECOND[numbers]

    rerank(FIRST, score, candidates=2, keep=1)
    expect(len(asked) == 2, f"2 candidates of 5 documents: {len(asked)} were scored")


def equal_scores_keep_their_order(rerank: Function) -> None:
    """Where the second score cannot tell, the first stage's order stays."""
    documents, _ = rerank(FIRST, lambda n: jnp.zeros(len(n)), candidates=4, keep=4)
    expect_close(documents, np.array([1, 3, 2, 4]), "all second scores 0")


def weak_candidates_are_dropped(rerank: Function) -> None:
    """Below the threshold nothing is returned, even if nothing is left."""
    settings = {"candidates": 3, "keep": 3}
    some, _ = rerank(FIRST, SECOND.__getitem__, at_least=2.0, **settings)
    none, _ = rerank(FIRST, SECOND.__getitem__, at_least=4.0, **settings)
    got = [np.asarray(documents).tolist() for documents in (some, none)]
    expect(got == [[2, 3], []], f"from 2 and from 4: wanted [[2, 3], []], got {got}")


def follows_bert(pair: Function) -> None:
    """[CLS] query [SEP] document [SEP], and segments 0 and 1."""
    want = [[1, 11, 12, 13, 2, *range(20, 26), 2], [0] * 5 + [1] * 7]
    expect_close(pair(QUERY, DOCUMENT, 12, cls=1, sep=2), np.array(want), "3 and 20 tokens in 12")


def the_query_stays_whole(pair: Function) -> None:
    """However long the document, every token of the query is there."""
    ids = np.asarray(pair(QUERY, DOCUMENT * 9, 16))[0].tolist()
    missing = [token for token in QUERY if token not in ids]
    expect(
        not missing, f"a document of 180 tokens, 16 in all: {len(missing)} of 3 query tokens cut"
    )


def the_pair_ends_in_a_separator(pair: Function) -> None:
    """A document that is cut ends in [SEP] all the same."""
    last = int(np.asarray(pair(QUERY, DOCUMENT, 12))[0, -1])
    expect(last == 102, f"20 tokens cut to fit 12: wanted [SEP], 102, at the end, got {last}")


def the_document_is_the_second_segment(pair: Function) -> None:
    """Segment 0 up to the query's [SEP], 1 from the document's first token on."""
    ids, segments = np.asarray(pair(QUERY, DOCUMENT, 12))
    wrong = int(np.sum((ids >= 20) & (ids < 40) & (segments != 1)))
    wrong += int(np.sum((ids >= 11) & (ids < 14) & (segments != 0)))
    expect(wrong == 0, f"3 and 20 tokens in 12: {wrong} tokens are in the wrong segment")


def _rows() -> tuple[Array, Array, Array, Array]:
    draw = np.random.default_rng(16)
    logits = jnp.asarray(draw.normal(0, 2, (2, 9, 7)), jnp.float32)
    tokens = jnp.asarray(draw.integers(1, 7, (2, 9)))
    return logits, tokens.at[1, 7:].set(0), jnp.array([5, 4]), jnp.array([9, 7])


def follows_the_product(span: Function) -> None:
    """ln of the product of p(token t | before), over the span's length, in float64."""
    logits, tokens, start, stop = _rows()
    raw, want = np.asarray(logits, np.float64), []
    chances = np.exp(raw) / np.exp(raw).sum(2, keepdims=True)
    for row in range(2):
        places = range(int(start[row]), int(stop[row]))
        product = np.prod([chances[row, t - 1, int(tokens[row, t])] for t in places])
        want.append(np.log(product) / len(places))
    expect_close(span(logits, tokens, start, stop), np.array(want), "spans of 4 and of 3 tokens")


def padding_changes_nothing(span: Function) -> None:
    """A row has the score that it has alone, in a batch no longer than itself."""
    logits, tokens, start, stop = _rows()
    alone = span(logits[1:, :7], tokens[1:, :7], start[1:], stop[1:])
    expect_close(span(logits, tokens, start, stop)[1:], np.asarray(alone), "2 tokens of padding")


def the_passage_is_given(span: Function) -> None:
    """Other predictions inside the passage change nothing: it is read, not scored."""
    logits, tokens, start, stop = _rows()
    other = span(logits.at[:, :3].multiply(-1.0), tokens, start, stop)
    expect_close(
        span(logits, tokens, start, stop), np.asarray(other), "the passage predicted badly"
    )


def reports_unseen_queries(gain: Function) -> None:
    """Queries 1, 3 and 5 have no trained pair: -0.1, -0.2 and 0."""
    got = gain(AHEAD, BEHIND, TRAINED).difference
    expect(abs(got + 0.1) < 1e-5, f"wanted -0.1 of the unseen queries, got {got:+.2f}")


def memory_gains_nothing(gain: Function) -> None:
    """A reranker that is perfect on what it has seen, and changes nothing else, gains nothing."""
    seen = jnp.array([1, 3, 3, 6, 8])
    got = gain(jnp.full(10, 0.5).at[seen].set(1.0), jnp.full(10, 0.5), seen).difference
    expect(abs(got) < 1e-5, f"4 of 10 queries known by heart: wanted 0, got {got:+.2f}")


def one_trained_pair_is_enough(gain: Function) -> None:
    """A query with one trained pair is seen, though its other pairs were not."""
    got = gain(jnp.array([0.9, 0.6]), jnp.array([0.5, 0.5]), jnp.array([0])).difference
    expect(abs(got - 0.1) < 1e-5, f"query 0 has a trained pair: wanted +0.1, got {got:+.2f}")


EXERCISES = (
    Exercise.of(
        rerank,
        checks=(
            follows_two_sorts,
            the_missed_stay_lost,
            only_candidates_are_scored,
            equal_scores_keep_their_order,
            weak_candidates_are_dropped,
        ),
        probe=lambda rerank: (
            rerank(FIRST, SECOND.__getitem__, candidates=4, keep=2),
            rerank(FIRST, SECOND.__getitem__, candidates=3, keep=3, at_least=2.0),
        ),
    ),
    Exercise.of(
        pair_tokens,
        checks=(
            follows_bert,
            the_query_stays_whole,
            the_pair_ends_in_a_separator,
            the_document_is_the_second_segment,
        ),
        probe=lambda pair: pair(QUERY, DOCUMENT, 12),
    ),
    Exercise.of(
        span_log_prob,
        checks=(follows_the_product, padding_changes_nothing, the_passage_is_given),
        probe=lambda span: span(*_rows()),
    ),
    Exercise.of(
        untrained_gain,
        checks=(reports_unseen_queries, memory_gains_nothing, one_trained_pair_is_enough),
        probe=lambda gain: jnp.array([gain(AHEAD, BEHIND, TRAINED).difference]),
    ),
)
