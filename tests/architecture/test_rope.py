"""Rotary positions: by hand, as complex numbers, their properties, and both pairings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.rope import (
    rotary_attention,
    rotary_frequencies,
    rotary_tables,
    rotate,
    rotate_interleaved,
    to_half_split,
    to_interleaved,
)
from whiteboard.lm import weights


def turned(x, position, theta=100.0):
    return np.asarray(rotate(jnp.asarray(x), rotary_tables(position, x.shape[-1], theta)))


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(2, 5, 3, 14)).astype(np.float32)


def test_one_pair_by_hand():
    """Position 1, head of 2: the only angle is 1 radian."""
    got = turned(np.array([[[[1.0, 0.0]]]], np.float32), jnp.array([[1]]))
    np.testing.assert_allclose(got[0, 0, 0], [np.cos(1), np.sin(1)], rtol=1e-6)


def test_pairs_turn_as_complex_numbers(x):
    position = np.array([[0, 1, 2, 3, 4], [7, 8, 9, 10, 1000]])
    pairs = (x[..., :7] + 1j * x[..., 7:]).astype(np.complex128)
    frequency = 100.0 ** (-2 * np.arange(7) / 14)
    want = pairs * np.exp(1j * position[:, :, None, None] * frequency)
    got = turned(x, jnp.asarray(position))
    np.testing.assert_allclose(got[..., :7] + 1j * got[..., 7:], want, atol=1e-4)


def test_position_zero_changes_nothing_and_lengths_stay(x):
    np.testing.assert_array_equal(turned(x, jnp.zeros((2, 5), int)), x)
    far = turned(x, jnp.full((2, 5), 977))
    np.testing.assert_allclose((far**2).sum(-1), (x**2).sum(-1), rtol=1e-5)


def test_scores_depend_on_the_distance_alone(x):
    def score(query_at, key_at):
        query = turned(x, jnp.full((2, 5), query_at))
        return (query * turned(x[::-1].copy(), jnp.full((2, 5), key_at))).sum(-1)

    np.testing.assert_allclose(score(9, 4), score(105, 100), atol=1e-4)
    assert np.abs(score(9, 4) - score(4, 9)).max() > 0.1


def test_an_odd_head_is_refused():
    with pytest.raises(ValueError, match="head_dim must be even"):
        rotary_tables(jnp.zeros((1, 1), int), 7, 100.0)


def test_each_theta_has_its_own_tables():
    """Also when only theta differs between two calls, and under jit."""
    tables = jax.jit(rotary_tables, static_argnums=(1, 2))
    position = jnp.arange(5)[None]
    for theta in (100.0, 10_000.0, 100.0):
        want = np.cos(np.arange(5)[:, None] * theta ** (-np.arange(0, 14, 2) / 14))
        np.testing.assert_allclose(tables(position, 14, theta)[0][0], want, atol=1e-6)


def test_interleaved_pairs_are_neighbours(x):
    pairs = (x[..., ::2] + 1j * x[..., 1::2]).astype(np.complex128)
    position = jnp.array([[0, 1, 2, 3, 4], [7, 8, 9, 10, 1000]])
    angle = np.asarray(position)[:, :, None] * 100.0 ** (-2 * np.arange(7) / 14)
    want = pairs * np.exp(1j * angle)[:, :, None]
    got = np.asarray(rotate_interleaved(jnp.asarray(x), rotary_tables(position, 14, 100.0)))
    np.testing.assert_allclose(got[..., ::2] + 1j * got[..., 1::2], want, atol=1e-4)


def test_the_orders_by_hand_and_back(x):
    np.testing.assert_array_equal(to_half_split(jnp.arange(6.0)), [0, 2, 4, 1, 3, 5])
    np.testing.assert_array_equal(to_interleaved(jnp.array([0.0, 2, 4, 1, 3, 5])), np.arange(6))
    np.testing.assert_array_equal(to_interleaved(to_half_split(jnp.asarray(x))), x)


def test_both_pairings_give_the_real_models_scores(smollm2):
    """Queries and keys of one layer: weights as loaded, and weights reordered for neighbours."""
    config, layer = smollm2.config, smollm2.decoder.layers[0]
    tokens = jnp.array([smollm2.tokenizer.encode("Word order is told by turning pairs.")])
    x = layer.attention_norm(smollm2.decoder.embed(tokens))
    tables = rotary_tables(jnp.arange(tokens.shape[1])[None], 64, config.rope_theta)

    def turned(projection, how, order):
        kernel = projection.kernel[...].reshape(config.hidden_size, -1, 64)
        return how(jnp.einsum("BTD,DHN->BTHN", x, order(kernel)), tables)

    def scores(how, order):
        query, key = (
            turned(p, how, order) for p in (layer.attention.q_proj, layer.attention.k_proj)
        )
        return np.einsum("BTHN,BSHN->BHTS", query, np.repeat(key, 3, 2))

    half_split = scores(rotate, lambda kernel: kernel)
    np.testing.assert_allclose(scores(rotate_interleaved, to_interleaved), half_split, atol=2e-3)
    mixed = scores(rotate, to_interleaved)
    assert np.abs(mixed - half_split).max() > 1


def test_the_file_holds_the_interleaved_order(smollm2):
    """GGUF is interleaved, as llama.cpp turns it; loading makes it half-split."""
    tensors, _ = weights.load_smollm2()
    for name, part in (("attn_q", "q_proj"), ("attn_k", "k_proj")):
        kernel = getattr(smollm2.decoder.layers[3].attention, part).kernel[...]
        again = to_interleaved(kernel.reshape(576, -1, 64)).reshape(576, -1)
        np.testing.assert_array_equal(again.T, tensors[f"blk.3.{name}.weight"])


def test_attention_is_jaxs_on_turned_queries_and_keys(x):
    draw = np.random.default_rng(1).normal(size=(2, *x.shape)).astype(np.float32)
    query, (key, value) = jnp.asarray(x), map(jnp.asarray, draw)
    position = jnp.array([[0, 1, 2, 3, 4], [7, 8, 9, 10, 11]])
    tables = rotary_tables(position, 14, 100.0)
    want = jax.nn.dot_product_attention(
        rotate(query, tables), rotate(key, tables), value, is_causal=True
    )
    got = rotary_attention(query, key, value, position, 100.0)
    np.testing.assert_allclose(got, want, atol=1e-5)
    again = rotary_attention(query, key, value, position + 1000, 100.0)
    np.testing.assert_allclose(again, got, atol=1e-3)


def test_slow_pairs_never_complete_a_turn_in_training():
    """Published shapes: 18 of 64 for theta 1e4 and 4,096 tokens, 29 for 5e5 and 8,192."""
    for theta, length, slow in ((1e4, 4096, 18), (5e5, 8192, 29)):
        wavelength = 2 * np.pi / np.asarray(rotary_frequencies(128, theta), np.float64)
        assert (wavelength > length).sum() == slow
