"""The encoder's parts by hand: pooling, unit length, the exact GELU, padding, positions."""

from math import erf, sqrt

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from whiteboard.encoder import (
    EncoderConfig,
    TextEncoder,
    mean_pool,
    normalize,
)
from whiteboard.encoder.model import embed, gelu


def test_mean_pool_by_hand():
    states = jnp.array([[[1.0, 10.0], [3.0, 20.0], [99.0, -99.0]], [[5.0, 6.0], [0.0, 0], [0, 0]]])
    mask = jnp.array([[True, True, False], [True, False, False]])
    np.testing.assert_array_equal(mean_pool(states, mask), [[2.0, 15.0], [5.0, 6.0]])


def test_normalize():
    vectors = normalize(jnp.array([[3.0, 4.0], [0.0, 0.0], [-1e10, 0.0]]))
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0.0, 0.0], [-1.0, 0.0]], rtol=1e-6)


def test_gelu_is_the_exact_one():
    points = np.linspace(-6, 6, 49, dtype=np.float32)
    exact = np.array([x * 0.5 * (1 + erf(x / sqrt(2))) for x in points])
    np.testing.assert_allclose(gelu(jnp.asarray(points)), exact, atol=1e-6)
    assert np.abs(jax.nn.gelu(points, approximate=True) - exact).max() > 1e-4


def test_padding_changes_nothing():
    config = EncoderConfig.tiny()
    module = TextEncoder(config, rngs=nnx.Rngs(3))
    ids = jax.random.randint(jax.random.key(0), (5, 11), 0, config.vocab_size)
    lengths = jnp.array([11, 7, 1, 2, 5])
    junk = jnp.where(jnp.arange(11)[None] < lengths[:, None], ids, 13)
    vectors = embed(module, ids, lengths)
    np.testing.assert_allclose(embed(module, junk, lengths), vectors, atol=1e-6)
    alone = embed(module, ids[1:2, :7], jnp.array([7]))
    np.testing.assert_allclose(alone[0], vectors[1], atol=1e-6)


def test_word_order_matters():
    """Without positions the mean over tokens could not tell these apart."""
    module = TextEncoder(EncoderConfig.tiny(), rngs=nnx.Rngs(3))
    vectors = embed(module, jnp.array([[1, 2, 3, 5], [5, 3, 2, 1]]), jnp.array([4, 4]))
    assert jnp.abs(vectors[0] - vectors[1]).max() > 1e-3
