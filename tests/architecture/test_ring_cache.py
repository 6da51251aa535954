"""The ring equals a cache of all tokens under a window mask, also past its end."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.grouped_query_attention import cached_attention
from whiteboard.architecture.kv_cache import LayerCache, init_cache, valid_mask, write
from whiteboard.architecture.ring_cache import ring_mask, write_ring

BATCH, HEADS, KV_HEADS, HEAD_DIM = 2, 6, 3, 5


def empty(slots: int) -> LayerCache:
    shape = {"batch": BATCH, "num_kv_heads": KV_HEADS, "slots": slots, "head_dim": HEAD_DIM}
    return init_cache(num_layers=1, **shape)[0]


def window_mask(position: jnp.ndarray, time: int, slots: int, window: int) -> jnp.ndarray:
    """The causal mask without slots older than the window."""
    return valid_mask(position, time, slots) & ~valid_mask(position - window, time, slots)


@settings(max_examples=15, deadline=None)
@given(
    window=st.integers(1, 6),
    sizes=st.lists(st.sampled_from([1, 3]), min_size=5, max_size=12),
    seed=st.integers(0, 9),
)
def test_equals_the_full_cache_with_a_window_mask(window: int, sizes: list[int], seed: int) -> None:
    draw = np.random.default_rng(seed)
    total, slots = 24, 8  # fixed, so that little is compiled
    full, ring = empty(total), empty(slots)
    position = jnp.array([0, 3], jnp.int32)  # the rows wrap at different steps; 3 zeros before
    for time in sizes:
        if int(position.max()) + time > total:
            break
        query, key, value = (
            jnp.asarray(draw.normal(size=(BATCH, time, heads, HEAD_DIM)), "float32")
            for heads in (HEADS, KV_HEADS, KV_HEADS)
        )
        full = write(full, key, value, position)
        ring = write_ring(ring, key, value, position)
        wanted = cached_attention(query, full, window_mask(position, time, total, window))
        got = cached_attention(query, ring, ring_mask(position, time, slots, window))
        np.testing.assert_allclose(got, wanted, atol=1e-5)
        position = position + time


def test_by_hand() -> None:
    # Four slots, the newest token is 5: they hold 4, 5, 2, 3. A window of 3 reads 3, 4, 5.
    mask = ring_mask(jnp.array([5]), 1, 4, 3)
    assert mask.tolist() == [[[True, True, False, True]]]
    # Token 1, and slots 2 and 3 never written.
    assert ring_mask(jnp.array([1]), 1, 4, 3).tolist() == [[[True, True, False, False]]]


def test_a_token_lands_on_the_oldest_slot() -> None:
    key = jnp.ones((BATCH, 1, KV_HEADS, HEAD_DIM))
    ring = write_ring(empty(4), key, 2 * key, jnp.array([5, 7]))
    assert ring.key[:, 0, 0].tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert ring.value[:, 0, :, 0].tolist() == [[0, 2, 0, 0], [0, 0, 0, 2]]


def test_a_ring_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="3 queries with a window of 4 read back over 6 tokens"):
        ring_mask(jnp.array([0]), 3, 5, 4)
    key = jnp.ones((BATCH, 5, KV_HEADS, HEAD_DIM))
    with pytest.raises(ValueError, match="5 tokens at once do not fit a ring of 4"):
        write_ring(empty(4), key, key, jnp.array([0, 0]))
