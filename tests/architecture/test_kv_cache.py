"""The cache: what is written where, what may be read, and what it weighs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.kv_cache import LayerCache, init_cache, lay_out, valid_mask, write

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
    key = draw.normal(size=(3, 2, 4, 7)).astype(np.float32)
    value = draw.normal(size=(3, 2, 7, 4)).astype(np.float32)
    fresh = draw.normal(size=(2, 3, time, 2, 4)).astype(np.float32)
    new = write(LayerCache(*map(jnp.asarray, (key, value))), *map(jnp.asarray, (*fresh, position)))
    for row, start in enumerate(position):
        for t in range(time):
            key[row, :, :, start + t], value[row, :, start + t] = fresh[:, row, t]
    np.testing.assert_array_equal(new.key, key)
    np.testing.assert_array_equal(new.value, value)


def test_laid_out_tokens_are_what_writing_them_gives():
    key, value = jax.random.normal(jax.random.key(0), (2, 3, 7, 5, 11))
    (empty,) = init_cache(**SHAPE | {"num_layers": 1})
    laid_out = lay_out(key, value)
    assert laid_out.slots == empty.slots == 7
    written = write(empty, key, value, jnp.zeros(3, int))
    jax.tree.map(np.testing.assert_array_equal, laid_out, written)


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
