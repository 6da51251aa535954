"""int8 vectors: the bound on the error, zeros, and that a token is rounded once."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture import quantized_cache as qc
from whiteboard.architecture.kv_cache import init_cache, write


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


def test_writing_rounds_the_new_tokens_and_moves_no_old_one() -> None:
    shape = {"batch": 2, "num_kv_heads": 3, "slots": 11, "head_dim": 5}
    plain, stored = init_cache(num_layers=1, **shape)[0], qc.init_quantized_layer(**shape)
    for start in ([0, 0], [4, 2], [5, 7]):
        position = jnp.array(start)
        key, value = jax.random.normal(jax.random.key(start[1]), (2, 2, 2, 3, 5))
        plain = write(plain, key, value, position)
        stored = qc.write_quantized(stored, key, value, position)
    at_once = qc.quantize_layer(plain)
    jax.tree.map(np.testing.assert_array_equal, stored, at_once)


def test_a_quarter_of_float32_and_a_scale() -> None:
    layer = init_cache(num_layers=1, batch=2, num_kv_heads=3, slots=11, head_dim=64)[0]
    stored = qc.quantize_layer(layer)
    size = sum(leaf.nbytes for leaf in jax.tree.leaves(stored))
    assert size == 2 * 2 * 3 * 11 * (64 + 4)
    assert qc.dequantize_layer(stored, jnp.bfloat16).key.dtype == jnp.bfloat16
