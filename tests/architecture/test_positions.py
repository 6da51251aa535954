"""Sinusoids, a learned table, ALiBi, and what attention knows without positions."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.positions import (
    LearnedPositions,
    alibi_attention,
    alibi_slopes,
    is_permutation_equivariant,
    sinusoidal_positions,
)

STORED = Path(__file__).parents[1] / "references" / "rope_scaling.npz"


def attention(x, mask=None):
    """Self-attention of one head, without projections and positions."""
    x = x[:, :, None]
    return dot_product_attention(x, x, x, mask=mask)[:, :, 0]


@pytest.fixture
def x():
    return jnp.asarray(np.random.default_rng(0).normal(size=(2, 7, 10)), "float32")


ORDER = jnp.array([3, 0, 6, 1, 5, 2, 4])


def test_sinusoids_by_the_formula():
    got = sinusoidal_positions(jnp.array([0, 1, 2, 997]), 6)
    np.testing.assert_array_equal(got[0], [0, 1, 0, 1, 0, 1])
    for row, position in enumerate((0, 1, 2, 997)):
        for i in range(3):
            angle = position / 10_000 ** (2 * i / 6)
            want = [np.sin(angle), np.cos(angle)]
            np.testing.assert_allclose(got[row, 2 * i : 2 * i + 2], want, atol=1e-4)


def test_a_step_of_sinusoids_is_one_linear_map():
    """The map that least squares finds on the positions 0 to 299 also holds from 500 on."""
    table = np.asarray(sinusoidal_positions(jnp.arange(600), 10, base=100.0), np.float64)
    step, *_ = np.linalg.lstsq(table[:300], table[13:313], rcond=None)
    np.testing.assert_allclose(table[500:580] @ step, table[513:593], atol=1e-3)


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="width must be even"):
        sinusoidal_positions(jnp.arange(3), 7)


def test_a_learned_table_ends_where_training_did():
    positions = LearnedPositions(11, 6, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(positions(7), positions.table[...][:7])
    with pytest.raises(ValueError, match="12 positions asked of a table of 11"):
        positions(12)


def test_a_learned_row_gets_a_gradient_only_where_it_is_read():
    positions = LearnedPositions(11, 6, rngs=nnx.Rngs(0))
    gradient = jax.grad(lambda module: (module(7) ** 2).sum())(positions).table[...]
    assert (jnp.abs(gradient[:7]).min(axis=1) > 0).all()
    assert not gradient[7:].any()


@pytest.mark.parametrize("heads", [7, 8, 12])
def test_slopes_are_transformers(heads):
    with np.load(STORED) as stored:
        np.testing.assert_allclose(alibi_slopes(heads), stored[f"alibi/{heads}"], rtol=1e-6)


def test_alibi_by_a_loop_in_float64():
    draw = np.random.default_rng(1).normal(size=(3, 2, 5, 3, 7))
    got = alibi_attention(*(jnp.asarray(part, "float32") for part in draw))
    query, key, value = draw
    slopes = np.asarray(alibi_slopes(3), np.float64)
    for b, t, h in np.ndindex(2, 5, 3):
        distance = t - np.arange(t + 1)
        scores = key[b, : t + 1, h] @ query[b, t, h] / np.sqrt(7) - slopes[h] * distance
        weights = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(got[b, t, h], weights @ value[b, : t + 1, h], atol=1e-5)


def test_attention_is_equivariant_and_a_mask_or_positions_end_it(x):
    """Equivariant: yes. Invariant: no. Causal, or with positions: neither."""
    assert is_permutation_equivariant(attention, x, ORDER)
    assert jnp.abs(attention(x[:, ORDER]) - attention(x)).max() > 0.1
    assert not is_permutation_equivariant(lambda x: attention(x, causal_mask(7)), x, ORDER)
    table = sinusoidal_positions(jnp.arange(7), 10)[None]
    assert not is_permutation_equivariant(lambda x: attention(x + table), x, ORDER)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(7)))
def test_attention_is_equivariant_under_any_permutation(order):
    x = jnp.asarray(np.random.default_rng(2).normal(size=(1, 7, 4)), "float32")
    assert is_permutation_equivariant(attention, x, jnp.array(order))
