"""The backward kernels, interpreted, against autodiff of jax.nn.dot_product_attention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.flash_attention import flash_attention
from whiteboard.architecture.flash_attention_backward import flash_gradients
from whiteboard.architecture.flash_attention_tiles import Tile


def drawn(time, source, heads=6, kv_heads=2, width=16):
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = (time, heads), (source, kv_heads), (source, kv_heads), (time, heads)
    return [jax.random.normal(k, (2, *s, width)) for k, s in zip(keys, shapes)]


def gradients(attend, query, key, value, cotangent):
    run = jax.jit(lambda *inputs: jax.vjp(attend, *inputs)[1](cotangent))
    return run(query, key, value)


def flash(causal, tile):
    return lambda *inputs: flash_attention(
        *inputs, causal=causal, forward=Tile(32, 32), backward=tile, interpret=True
    )


@pytest.mark.parametrize(
    ("time", "source", "causal", "tile"),
    [(53, 53, True, Tile(16, 32)), (29, 83, True, Tile(32, 16)), (37, 53, False, Tile(16, 16))],
)
def test_gradients_are_those_of_jax_nn(time, source, causal, tile):
    inputs = drawn(time, source)
    mask = causal_mask(time, source) if causal else None
    want = gradients(lambda *x: jax.nn.dot_product_attention(*x, mask=mask), *inputs)
    for a, b in zip(gradients(flash(causal, tile), *inputs), want):
        np.testing.assert_allclose(a, b, atol=5e-6)


def test_a_query_that_sees_nothing_moves_nothing():
    inputs = drawn(45, 29)
    d_query, d_key, d_value = gradients(flash(True, Tile(16, 16)), *inputs)
    assert not d_query[:, :16].any()
    cotangent = inputs[3].at[:, :16].add(100)  # of the sixteen that see nothing
    again = gradients(flash(True, Tile(16, 16)), *inputs[:3], cotangent)
    np.testing.assert_array_equal(again[1], d_key)
    np.testing.assert_array_equal(again[2], d_value)


def test_one_key_by_hand():
    """With one key the weight is 1 whatever the score: dV is dO, and dQ and dK are 0."""
    ones = jnp.ones((1, 1, 1, 1, 16))
    key = value = jnp.full((1, 1, 1, 16), 3.0)
    lse = jnp.full((1, 1, 1, 1), 16 * 3 / 4 * np.log2(np.e))  # the only score, in base 2
    d_query, d_key, d_value = flash_gradients(
        ones, key, value, value[:, :, :, None], lse, 7 * ones,
        causal=True, tile=Tile(16, 16), interpret=True,
    )  # fmt: skip
    np.testing.assert_allclose(d_value, np.full(value.shape, 7.0), rtol=1e-5)
    assert not d_query.any()
    assert not d_key.any()
