"""int8 vectors: the bound on the error, zeros, and that a token is rounded once."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture import quantized_cache as qc


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**16), size=st.sampled_from([1e-6, 0.1, 1.0, 300.0]))
def test_the_error_is_at_most_half_a_step(seed: int, size: float) -> None:
    x = size * jax.random.normal(jax.random.key(seed), (3, 5, 7))
    stored = qc.quantize(x)
    assert stored.values.dtype == jnp.int8
    error = np.abs(np.asarray(qc.dequantize(stored)) - np.asarray(x))
    assert (error <= np.asarray(stored.scale)[..., None] * (0.5 + 1e-4)).all()
    assert np.abs(np.asarray(stored.values)).max(axis=-1).min() == 127  # the range is used


def test_by_hand() -> None:
    stored = qc.quantize(jnp.array([[127.0, -63.5, 0.4], [0.0, 0.0, 0.0]]))
    assert stored.values.tolist() == [[127, -64, 0], [0, 0, 0]]  # -63.5 rounds to even
    assert stored.scale.tolist() == [1.0, 0.0]
    assert qc.dequantize(stored).tolist() == [[127.0, -64.0, 0.0], [0.0, 0.0, 0.0]]


def test_a_vector_is_rounded_alone_so_written_slots_never_change() -> None:
    cached = jax.random.normal(jax.random.key(0), (2, 3, 11, 5))
    longer = jnp.concatenate([cached, 100 * cached], axis=2)
    before, after = qc.quantize(cached), qc.quantize(longer)
    np.testing.assert_array_equal(after.values[:, :, :11], before.values)
    np.testing.assert_array_equal(after.scale[:, :, :11], before.scale)


def test_a_quarter_of_float32_and_a_scale() -> None:
    vectors = jnp.ones((2, 3, 11, 64))
    stored = qc.quantize(vectors)
    size = sum(leaf.nbytes for leaf in stored)
    assert size == vectors.nbytes / 4 + 2 * 3 * 11 * 4
    assert qc.dequantize(stored, jnp.bfloat16).dtype == jnp.bfloat16


def test_fewer_bits_are_fewer_levels() -> None:
    x = jax.random.normal(jax.random.key(1), (5, 32))
    errors = []
    for bits in (8, 4):
        stored = qc.quantize(x, bits)
        assert np.abs(stored.values).max() == 2 ** (bits - 1) - 1
        errors.append(float(jnp.abs(qc.dequantize(stored) - x).max()))
    assert errors[0] < errors[1] / 10
