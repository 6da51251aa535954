"""The checks of a hybrid search's six small functions."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.encoder.model import mean_pool
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.bm25 import lucene_idf, saturation
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.fusion import convex_fusion, reciprocal_rank_fusion

Function = Callable[..., Array]
FREQUENCIES = jnp.array([0.0, 1, 3, 7, 11, 13])
COUNTS, LENGTHS = jnp.array([1.0, 2, 5, 1, 60]), jnp.array([7.0, 7, 7, 31, 13])
LEXICAL = jnp.array([12.0, 3.0, 0.0, 9.0, 0.0])
COSINE = jnp.array([0.10, 0.62, 0.31, 0.58, -0.05])
RANKS = jnp.array([[1, 2, 61, 5], [3, 62, 61, 1]])
FOUND = jnp.array([[True, True, True, True], [False, True, True, True]])


def _draw(*shape: int, seed: int = 0) -> Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


MASK = jnp.array([[True] * 5, [True] * 3 + [False] * 2, [True] + [False] * 4])


def follows_the_idf_formula(idf: Function) -> None:
    """ln(1 + (N - n + 0.5) / (n + 0.5)) for terms in 0 to 13 of 13 documents."""
    want = [log(1 + (13 - n + 0.5) / (n + 0.5)) for n in FREQUENCIES.tolist()]
    expect_close(idf(FREQUENCIES, 13), np.array(want), "n of 0, 1, 3, 7, 11, 13; N 13")


def a_match_never_counts_against(idf: Function) -> None:
    """No term has a negative idf, even one that stands in every document."""
    got = idf(FREQUENCIES, 13)
    worst = int(np.argmin(got))
    count = int(FREQUENCIES[worst])
    expect(got[worst] >= 0, f"a term in {count} of 13 documents has idf {got[worst]:.2f}")


def follows_the_saturation_formula(saturate: Function) -> None:
    """f / (f + k1 (1 - b + b L / mean L)), computed in float64."""
    f, length = (np.asarray(x, np.float64) for x in (COUNTS, LENGTHS))
    want = f / (f + 1.5 * (1 - 0.6 + 0.6 * length / 11))
    expect_close(saturate(COUNTS, LENGTHS, 11.0, 1.5, 0.6), want, "k1 1.5, b 0.6, mean length 11")


def repeats_saturate(saturate: Function) -> None:
    """A thousand repeats are worth less than twice one, at mean length and k1 0.9."""
    got = saturate(jnp.array([1.0, 1000.0]), jnp.full(2, 11.0), 11.0, 0.9, 0.75)
    expect(got[1] < 2 * got[0], f"1 repeat is worth {got[0]:.2f}, 1000 are worth {got[1]:.2f}")


def length_is_held_against_a_document(saturate: Function) -> None:
    """The same count is worth less in a longer document, when b is not 0."""
    short, long = saturate(jnp.full(2, 2.0), jnp.array([7.0, 70.0]), 11.0, 1.2, 0.75)
    expect(long < short, f"2 in 7 terms is worth {short:.2f}, 2 in 70 terms {long:.2f}")


def follows_the_cosine_formula(score: Function) -> None:
    """q . d / (|q| |d|), computed in float64."""
    queries, documents = _draw(3, 7), 5 * _draw(5, 7, seed=1)
    q, d = (np.asarray(x, np.float64) for x in (queries, documents))
    want = q @ d.T / np.outer(np.linalg.norm(q, axis=1), np.linalg.norm(d, axis=1))
    expect_close(score(queries, documents), want, "3 queries, 5 documents")


def a_document_is_nearest_to_itself(score: Function) -> None:
    """A query equal to a short document finds it, and not a long one beside it."""
    documents = jnp.array([[1.0, 0.0], [9.0, 9.0]])
    near, far = score(documents[:1], documents)[0]
    expect(near > far, f"query [1, 0]: itself scores {near:.2f}, [9, 9] scores {far:.2f}")


def length_changes_nothing(score: Function) -> None:
    """Vectors a hundred times as long have the same scores."""
    queries, documents = _draw(3, 7), _draw(5, 7, seed=1)
    want = score(queries, documents)
    expect_close(score(queries, 100 * documents), want, "documents times 100")


def follows_the_mean_formula(pool: Function) -> None:
    """The mean over each text's own tokens, one text at a time."""
    states = _draw(3, 5, 7)
    want = [np.asarray(row, np.float64)[keep].mean(0) for row, keep in zip(states, np.array(MASK))]
    expect_close(pool(states, MASK), np.array(want), "5, 3 and 1 tokens, padded to 5")


def padding_changes_nothing(pool: Function) -> None:
    """Four more columns of padding, whatever they hold, leave each vector as it is."""
    states = _draw(3, 5, 7)
    wider = jnp.concatenate([states, _draw(3, 4, 7, seed=2)], axis=1)
    mask = jnp.pad(MASK, ((0, 0), (0, 4)))
    expect_close(pool(wider, mask), pool(states, MASK), "padded to 9 instead of 5")


def follows_the_rrf_formula(fuse: Function) -> None:
    """The sum of 1 / (k + rank), over the lists that found the document."""
    want = [1 / 7, 1 / 8 + 1 / 68, 2 / 67, 1 / 11 + 1 / 7]
    expect_close(fuse(RANKS, FOUND, 6.0), np.array(want), "k 6")


def absence_adds_nothing(fuse: Function) -> None:
    """A document has the same score whatever rank it would have where it was not found."""
    moved = RANKS.at[1, 0].set(1)
    want = fuse(RANKS, FOUND, 60.0)
    expect_close(fuse(moved, FOUND, 60.0), want, "rank of a document not found", atol=1e-6)


def rank_61_twice_beats_rank_1_once(fuse: Function) -> None:
    """At k 60 rank 61 in both lists wins over rank 1 in one, and rank 62 in both ties with it."""
    ranks, found = (
        jnp.array([[1, 61, 62], [9, 61, 62]]),
        jnp.array([[True] * 3, [False, True, True]]),
    )
    once, both, tie = fuse(ranks, found, 60.0)
    message = f"rank 1: {once:.6f}, 61 twice: {both:.6f}, 62 twice: {tie:.6f}"
    expect(both > once and abs(tie - once) < 1e-7, message)


def follows_the_convex_formula(fuse: Function) -> None:
    """0.3 (cosine + 1) / (max + 1) + 0.7 BM25 / max."""
    lexical, cosine = (np.asarray(x, np.float64) for x in (LEXICAL, COSINE))
    want = 0.3 * (cosine + 1) / (np.max(cosine) + 1) + 0.7 * lexical / np.max(lexical)
    expect_close(fuse(LEXICAL, COSINE, 0.3), want, "weight 0.3")


def units_change_nothing(fuse: Function) -> None:
    """BM25 scores times 100 (another k1, another engine) give the same fusion."""
    want = fuse(LEXICAL, COSINE, 0.5)
    expect_close(fuse(100 * LEXICAL, COSINE, 0.5), want, "BM25 scores times 100")


def half_weight_listens_to_both(fuse: Function) -> None:
    """At weight 0.5 the best of BM25 alone loses to a document that is good in both."""
    best = int(np.argmax(fuse(LEXICAL, COSINE, 0.5)))
    expect(best == 3, f"wanted document 3 (9.0 and 0.58), got {best}, the best of BM25 alone")


def weight_1_is_the_dense_order(fuse: Function) -> None:
    """Weight 1 ranks by the cosine alone."""
    got, want = (np.argsort(-np.asarray(x)).tolist() for x in (fuse(LEXICAL, COSINE, 1.0), COSINE))
    expect(got == want, f"weight 1: wanted the order {want}, got {got}")


EXERCISES = (
    Exercise.of(
        lucene_idf,
        checks=(follows_the_idf_formula, a_match_never_counts_against),
        probe=lambda idf: idf(FREQUENCIES, 13),
    ),
    Exercise.of(
        saturation,
        checks=(
            follows_the_saturation_formula,
            repeats_saturate,
            length_is_held_against_a_document,
        ),
        probe=lambda saturate: saturate(COUNTS, LENGTHS, 11.0),
    ),
    Exercise.of(
        cosine_scores,
        checks=(
            follows_the_cosine_formula,
            a_document_is_nearest_to_itself,
            length_changes_nothing,
        ),
        probe=lambda score: score(_draw(3, 7), 5 * _draw(5, 7, seed=1)),
    ),
    Exercise.of(
        mean_pool,
        checks=(follows_the_mean_formula, padding_changes_nothing),
        probe=lambda pool: pool(_draw(3, 5, 7), MASK),
    ),
    Exercise.of(
        reciprocal_rank_fusion,
        checks=(follows_the_rrf_formula, absence_adds_nothing, rank_61_twice_beats_rank_1_once),
        probe=lambda fuse: fuse(RANKS, FOUND, 60.0),
    ),
    Exercise.of(
        convex_fusion,
        checks=(
            follows_the_convex_formula,
            units_change_nothing,
            half_weight_listens_to_both,
            weight_1_is_the_dense_order,
        ),
        probe=lambda fuse: fuse(LEXICAL, COSINE, 0.3),
    ),
)
