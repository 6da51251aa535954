"""Two stages by hand and by a loop; spans against logs of products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.retrieval.rerankers import pair_tokens, rerank, span_log_prob, untrained_gain

FIRST = jnp.array([0.1, 0.9, 0.5, 0.7, 0.3])
SECOND = jnp.array([9.0, 1.0, 3.0, 2.0, 8.0])


def test_rerank_by_hand():
    """Candidates 1, 3, 2; the second score prefers 2, then 3. Document 0, its best, is lost."""
    ranked = rerank(FIRST, SECOND.__getitem__, candidates=3, keep=2)
    assert ranked.documents.tolist() == [2, 3]
    assert ranked.scores.tolist() == [3.0, 2.0]


def test_only_the_candidates_are_scored_in_one_call():
    asked = []

    def score(numbers):
        asked.append(numbers.tolist())
        return SECOND[numbers]

    rerank(FIRST, score, candidates=3, keep=1)
    assert asked == [[1, 3, 2]]


def test_a_threshold_may_leave_nothing():
    ranked = rerank(FIRST, SECOND.__getitem__, candidates=3, keep=3, at_least=2.5)
    assert ranked.documents.tolist() == [2]
    empty = rerank(FIRST, SECOND.__getitem__, candidates=3, keep=3, at_least=3.5)
    assert empty.documents.shape == empty.scores.shape == (0,)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 14))
def test_rerank_is_sorting_what_the_first_stage_kept(seed, keep, more):
    """With whole numbers, so that many scores are equal: the first stage's order decides them."""
    draw = np.random.default_rng(seed)
    first, second = draw.integers(0, 5, 11), draw.integers(0, 3, 11)
    kept = sorted(range(11), key=lambda n: -first[n])[: keep + more]
    want = sorted(kept, key=lambda n: -second[n])[:keep]
    scores = jnp.asarray(second, jnp.float32)
    got = rerank(
        jnp.asarray(first, jnp.float32), scores.__getitem__, candidates=keep + more, keep=keep
    )
    assert got.documents.tolist() == want


@pytest.mark.parametrize("keep", [0, 4])
def test_keeping_more_than_was_scored_is_refused(keep):
    with pytest.raises(ValueError, match="wanted 1 to 3"):
        rerank(FIRST, SECOND.__getitem__, candidates=3, keep=keep)


def test_pair_tokens_by_hand():
    ids, segments = pair_tokens([5, 6], [7, 8, 9, 10], 8, cls=1, sep=2)
    assert ids.tolist() == [1, 5, 6, 2, 7, 8, 9, 2]
    assert segments.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_a_query_that_fills_the_pair_is_refused():
    assert pair_tokens([5] * 4, [7, 8], 8).shape == (2, 8)
    with pytest.raises(ValueError, match="wanted at most 4 of 8 tokens, got 5"):
        pair_tokens([5] * 5, [7], 8)


def test_span_log_prob_is_the_log_of_the_product():
    draw = np.random.default_rng(0)
    logits = jnp.asarray(draw.normal(size=(3, 7, 11)), jnp.float32)
    tokens = jnp.asarray(draw.integers(0, 11, (3, 7)))
    start, stop = np.array([1, 3, 4]), np.array([7, 5, 6])
    chances = np.asarray(jax.nn.softmax(logits), np.float64)
    want = []
    for row in range(3):
        places = range(start[row], stop[row])
        product = np.prod([chances[row, t - 1, tokens[row, t]] for t in places])
        want.append(np.log(product) / len(places))
    got = span_log_prob(logits, tokens, jnp.asarray(start), jnp.asarray(stop))
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_gain_leaves_every_trained_query_out():
    ahead, behind = jnp.array([1.0, 0.2, 1.0, 0.4]), jnp.array([0.0, 0.3, 0.0, 0.3])
    gain = untrained_gain(ahead, behind, jnp.array([2, 0, 0, 2]))
    assert gain.difference == pytest.approx(0.0, abs=1e-6)
    assert gain.within
    everything = untrained_gain(ahead, behind, jnp.zeros(0, int))
    assert everything.difference == pytest.approx(0.5)
