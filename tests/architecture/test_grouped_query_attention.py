"""Grouped-query attention: equal to JAX's own and to torch's, without a copy of the keys."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.grouped_query_attention import (
    attention_weights,
    cached_attention,
    grouped_query_attention,
)
from whiteboard.architecture.kv_cache import LayerCache, lay_out

BATCH, SOURCE, WIDTH = 2, 13, 10


def drawn(time, heads, kv_heads, seed=0):
    draw = np.random.default_rng(seed)
    query = draw.normal(size=(BATCH, time, heads, WIDTH))
    key, value = draw.normal(size=(2, BATCH, SOURCE, kv_heads, WIDTH))
    mask = draw.random((BATCH, time, SOURCE)) < 0.6
    mask[:, :, 0] = True
    return *(jnp.asarray(x, jnp.float32) for x in (query, key, value)), jnp.asarray(mask)


@pytest.mark.parametrize("time", [1, 5])  # one query goes its own way
@pytest.mark.parametrize(("heads", "kv_heads"), [(6, 6), (6, 3), (6, 2), (7, 1)])
def test_it_equals_jax_nn(time, heads, kv_heads):
    query, key, value, mask = drawn(time, heads, kv_heads)
    got = jax.jit(grouped_query_attention)(query, key, value, mask)
    want = jax.nn.dot_product_attention(query, key, value, mask=mask[:, None])
    np.testing.assert_allclose(got, want, atol=2e-6)


@pytest.mark.parametrize("time", [1, 5])
def test_tiled_heads_are_another_function(time):
    """Repeating each KV head G times is right; tiling the K heads G times is the famous bug."""
    query, key, value, mask = drawn(time, 6, 2)
    got = grouped_query_attention(query, key, value, mask)

    def spread(how):
        return grouped_query_attention(query, how(key), how(value), mask)

    np.testing.assert_allclose(got, spread(lambda x: jnp.repeat(x, 3, axis=2)), atol=2e-6)
    assert np.abs(got - spread(lambda x: jnp.tile(x, (1, 1, 3, 1)))).max() > 0.1


def test_a_cache_is_read_as_it_lies():
    query, key, value, mask = drawn(5, 6, 2)
    cache = lay_out(key, value)
    want = grouped_query_attention(query, key, value, mask)
    np.testing.assert_array_equal(cached_attention(query, cache, mask), want)


@pytest.mark.parametrize("time", [1, 5])
def test_weights_add_up_to_one_and_are_zero_where_masked(time):
    query, key, _, mask = drawn(time, 6, 3)
    weights = np.asarray(attention_weights(query, key.transpose(0, 2, 3, 1), mask))
    assert weights.shape == (BATCH, 6, time, SOURCE)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    assert not weights[~np.broadcast_to(mask[:, None], weights.shape)].any()


def test_no_program_holds_repeated_keys():
    """A decode step over 997 slots: temporary memory is far under one copy of keys and values."""
    shape = jax.ShapeDtypeStruct
    cache = LayerCache(*[shape((3, 2, *of), jnp.float32) for of in ((64, 997), (997, 64))])
    query, mask = shape((3, 1, 14, 64), jnp.float32), shape((3, 1, 997), bool)
    memory = jax.jit(cached_attention).lower(query, cache, mask).compile().memory_analysis()
    assert memory.temp_size_in_bytes < 3 * 2 * 997 * 64 * 4 / 2


def test_heads_that_cannot_share_evenly_are_refused():
    query, key, value, mask = drawn(1, 7, 3)
    with pytest.raises(ValueError, match="7 query heads cannot share 3 KV heads"):
        grouped_query_attention(query, key, value, mask)


STORED = Path(__file__).parents[1] / "references" / "torch_grouped_attention.npz"


@pytest.mark.parametrize("library", ["torch", "transformers"])
@pytest.mark.parametrize("kv_heads", [10, 5, 2, 1])
def test_it_is_torchs_enable_gqa_and_transformers_repeat_kv(library, kv_heads):
    with np.load(STORED) as stored:
        query, key, value, mask = (stored[name] for name in ("query", "key", "value", "mask"))
        want = stored[f"{library}_{kv_heads}"]
    key, value = key[:, :, :kv_heads], value[:, :, :kv_heads]
    got = grouped_query_attention(*map(jnp.asarray, (query, key, value, mask)))
    np.testing.assert_allclose(got, want, atol=2e-6)
