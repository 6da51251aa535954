"""The cache: what is written where, what may be read, and what it weighs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.kv_cache import LayerCache, init_cache, valid_mask, write

SHAPE = {"num_layers": 2, "batch": 3, "num_kv_heads": 5, "slots": 7, "head_dim": 11}


@pytest.mark.parametrize(("dtype", "width"), [(jnp.float32, 4), (jnp.bfloat16, 2), (jnp.int8, 1)])
def test_bytes_are_two_times_the_product_of_the_shape(dtype, width):
    cache = init_cache(**SHAPE, dtype=dtype)
    total = sum(leaf.nbytes for leaf in jax.tree.leaves(cache))
    assert total == 2 * 2 * 3 * 5 * 7 * 11 * width


def test_no_two_buffers_are_one():
    """A donated buffer that another layer shares would be gone for both."""
    pointers = {leaf.unsafe_buffer_pointer() for leaf in jax.tree.leaves(init_cache(**SHAPE))}
    assert len(pointers) == 4


@settings(deadline=None)
@given(st.integers(1, 4), st.tuples(*[st.integers(0, 3)] * 3), st.integers(0, 99))
def test_a_write_changes_its_own_slots_and_no_other(time, position, seed):
    draw = np.random.default_rng(seed)
    old = LayerCache(*(draw.normal(size=(3, 2, 7, 4)).astype(np.float32) for _ in range(2)))
    key, value = draw.normal(size=(2, 3, time, 2, 4)).astype(np.float32)
    new = write(LayerCache(*map(jnp.asarray, old)), *map(jnp.asarray, (key, value, position)))
    for row, start in enumerate(position):
        for buffer, before, fresh in zip(new, old, (key, value)):
            want = before[row].copy()
            for t in range(time):
                want[:, start + t] = fresh[row, t]
            np.testing.assert_array_equal(buffer[row], want)


def test_a_write_takes_the_dtype_of_the_cache():
    (layer,) = init_cache(**SHAPE | {"num_layers": 1}, dtype=jnp.bfloat16)
    new = jnp.ones((3, 1, 5, 11))
    assert write(layer, new, new, jnp.zeros(3, int)).key.dtype == jnp.bfloat16


def test_a_query_reads_its_own_slot_and_all_before():
    got = valid_mask(jnp.array([0, 2]), 2, 5)
    first = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0]]
    second = [[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]]
    np.testing.assert_array_equal(got, np.array([first, second], bool))


def test_from_position_zero_it_is_the_causal_mask():
    got = valid_mask(jnp.zeros(1, int), 13, 13)
    np.testing.assert_array_equal(got[0], np.tril(np.ones((13, 13), bool)))
