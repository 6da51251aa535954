"""The running softmax against jax.nn, by hand, and in any order of blocks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.online_softmax import empty, finish, fold, merge

SCORES = jax.random.normal(jax.random.key(0), (3, 17)) * 3
VALUES = jax.random.normal(jax.random.key(1), (17, 5))


def folded(scores, values, cuts, **kwargs):
    state = empty(scores.shape[:-1], values.shape[-1])
    for first, last in zip((0, *cuts), (*cuts, scores.shape[-1])):
        state = fold(state, scores[..., first:last], values[first:last], **kwargs)
    return state


def test_two_keys_by_hand():
    """Scores 0 and ln 3 weigh 1/4 and 3/4, whichever comes first."""
    for order in ([0, 1], [1, 0]):
        scores = jnp.log(jnp.array([[1.0, 3.0]]))[:, jnp.array(order)]
        values = jnp.array([[1.0], [5.0]])[jnp.array(order)]
        output, lse = finish(folded(scores, values, (1,)))
        np.testing.assert_allclose(output, [[4.0]], rtol=1e-6)
        np.testing.assert_allclose(lse, [np.log(4)], rtol=1e-6)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 16), max_size=3, unique=True).map(sorted))
def test_any_blocks_give_the_softmax_of_all(cuts):
    output, lse = finish(folded(SCORES, VALUES, tuple(cuts)))
    np.testing.assert_allclose(output, jax.nn.softmax(SCORES) @ VALUES, atol=2e-6)
    np.testing.assert_allclose(lse, jax.nn.logsumexp(SCORES, axis=-1), rtol=1e-6)


def test_states_of_disjoint_keys_merge_in_either_order():
    a, b = folded(SCORES[:, :4], VALUES[:4], ()), folded(SCORES[:, 4:], VALUES[4:], (7,))
    want = jax.nn.softmax(SCORES) @ VALUES
    for state in (merge(a, b), merge(b, a), merge(merge(a, b), empty((3,), 5))):
        np.testing.assert_allclose(finish(state)[0], want, atol=2e-6)


def test_base_two_is_the_same_with_scores_times_log2_e():
    state = folded(SCORES * np.log2(np.e), VALUES, (6, 11), exp=jnp.exp2)
    output, lse = finish(state, log=jnp.log2)
    np.testing.assert_allclose(output, jax.nn.softmax(SCORES) @ VALUES, atol=3e-6)
    np.testing.assert_allclose(lse * np.log(2), jax.nn.logsumexp(SCORES, axis=-1), rtol=1e-6)


@pytest.mark.parametrize("masked", [slice(0, 6), slice(6, 11), slice(0, 17)])
def test_a_masked_block_changes_nothing(masked):
    scores = SCORES.at[0, masked].set(-jnp.inf)
    output, lse = finish(folded(scores, VALUES, (6, 11)))
    want = jnp.nan_to_num(jax.nn.softmax(scores)) @ VALUES
    np.testing.assert_allclose(output, want, atol=2e-6)
    assert (lse[0] == jnp.inf) == (masked == slice(0, 17))


def test_values_in_bfloat16_are_summed_in_float32():
    """256 and then ones: in bfloat16 the sum would stay at 256."""
    values = jnp.ones((64, 1), jnp.bfloat16).at[0].set(256)
    state = folded(jnp.zeros((1, 64)), values, tuple(range(1, 64)))
    assert state.mixed.dtype == jnp.float32
    assert state.mixed.item() == 256 + 63
