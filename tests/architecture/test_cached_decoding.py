"""One layer decoding from its cache, in pieces and in place; its oracle is question 2's checks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.cached_decoding import attend_and_cache
from whiteboard.architecture.kv_cache import init_cache


@pytest.mark.parametrize("sizes", [[1] * 7, [5, 1, 1]])
def test_pieces_of_any_size_agree(sizes: list[int]) -> None:
    shapes = [(2, 7, heads, 8) for heads in (6, 3, 3)]
    keys = jax.random.split(jax.random.key(0), 3)
    inputs = [jax.random.normal(key, shape) for key, shape in zip(keys, shapes)]
    (cache,) = init_cache(num_layers=1, batch=2, num_kv_heads=3, slots=13, head_dim=8)
    whole, full = attend_and_cache(*inputs, cache, jnp.zeros(2, jnp.int32))
    start, outputs = 0, []
    for size in sizes:
        piece = [x[:, start : start + size] for x in inputs]
        out, cache = attend_and_cache(*piece, cache, jnp.full(2, start))
        outputs.append(out)
        start += size
    np.testing.assert_allclose(jnp.concatenate(outputs, axis=1), whole, atol=1e-5)
    np.testing.assert_allclose(cache.key, full.key, atol=1e-6)


def test_a_donated_cache_is_written_in_place() -> None:
    (cache,) = init_cache(num_layers=1, batch=1, num_kv_heads=3, slots=64, head_dim=8)
    step = jax.jit(attend_and_cache, donate_argnums=3)
    inputs = [jnp.ones((1, 1, heads, 8)) for heads in (6, 3, 3)]
    compiled = step.lower(*inputs, cache, jnp.zeros(1, jnp.int32)).compile()
    assert compiled.memory_analysis().alias_size_in_bytes >= cache.key.nbytes + cache.value.nbytes
    _, after = step(*inputs, cache, jnp.zeros(1, jnp.int32))
    assert cache.key.is_deleted()
    assert not after.key.is_deleted()
