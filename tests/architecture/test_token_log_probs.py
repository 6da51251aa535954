"""Log-probabilities of tokens: scipy, a loop in float64, the gradient, the dtypes."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

from whiteboard.architecture.token_log_probs import token_log_probs

LOGITS = jax.random.normal(jax.random.key(0), (2, 3, 11)) * 3
TOKENS = jnp.array([[0, 10, 2], [7, 3, 7]])


def test_two_tokens_by_hand():
    logits = jnp.log(jnp.array([[1.0, 3.0], [4.0, 1.0]]))
    got = token_log_probs(logits, jnp.array([1, 1]))
    np.testing.assert_allclose(got, [math.log(3 / 4), math.log(1 / 5)], rtol=1e-6)


def test_they_are_a_loops_in_float64():
    logits = np.asarray(LOGITS, np.float64)
    want = np.zeros(TOKENS.shape)
    for row in np.ndindex(*TOKENS.shape):
        total = sum(math.exp(value) for value in logits[row])
        want[row] = logits[row][int(TOKENS[row])] - math.log(total)
    np.testing.assert_allclose(token_log_probs(LOGITS, TOKENS), want, rtol=1e-6)


def test_they_are_scipys_and_optaxs():
    got = token_log_probs(LOGITS, TOKENS)
    table = log_softmax(np.asarray(LOGITS, np.float64), axis=-1)
    want = np.take_along_axis(table, np.asarray(TOKENS)[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(got, want, rtol=1e-6)
    optaxs = -optax.softmax_cross_entropy_with_integer_labels(LOGITS, TOKENS)
    np.testing.assert_array_equal(got, optaxs)


def test_the_gradient_is_one_hot_less_the_probabilities():
    gradient = jax.grad(lambda logits: token_log_probs(logits, TOKENS).sum())(LOGITS)
    want = jax.nn.one_hot(TOKENS, 11) - jax.nn.softmax(LOGITS)
    np.testing.assert_allclose(gradient, want, atol=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(-1000, 1000), st.integers(0, 10))
def test_a_constant_added_to_the_logits_changes_nothing(constant, token):
    row = LOGITS[0, 0]
    got = token_log_probs(row + constant, jnp.asarray(token))
    np.testing.assert_allclose(got, token_log_probs(row, jnp.asarray(token)), atol=2e-4)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32])
def test_narrow_logits_are_summed_in_float32(dtype):
    logits = jnp.zeros((1, 4096), dtype)
    got = token_log_probs(logits, jnp.array([0]))
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got, [-math.log(4096)], rtol=1e-6)


def test_wide_logits_stay_wide():
    with jax.enable_x64(True):
        logits = jnp.asarray(np.asarray(LOGITS), jnp.float64)
        got = token_log_probs(logits, TOKENS)
        assert got.dtype == jnp.float64
        want = log_softmax(np.asarray(logits), axis=-1)[0, 1, 10]
        assert float(got[0, 1]) == pytest.approx(want, rel=1e-14)
