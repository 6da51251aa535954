"""Rotary positions: by hand, as complex numbers, and their properties."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.rope import rotary_tables, rotate


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
