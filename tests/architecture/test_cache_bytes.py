"""Bytes by formula, against buffers that were allocated and numbers worked out by hand."""

import jax
import jax.numpy as jnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.architecture import cache_bytes as cb
from whiteboard.architecture.kv_cache import init_cache
from whiteboard.architecture.latent_attention import Latents
from whiteboard.architecture.quantized_cache import quantize

SHAPE = {"num_layers": 3, "num_heads": 10, "num_kv_heads": 5, "head_dim": 7, "tokens": 11,
         "batch": 2, "bytes_per_element": 2}  # fmt: skip


def nbytes(tree: object) -> int:
    return sum(leaf.nbytes for leaf in jax.tree.leaves(tree))


def test_by_hand() -> None:
    # 2 (keys, values) x 3 layers x 5 heads x 7 wide x 11 tokens x 2 rows x 2 bytes
    assert cb.kv_cache_bytes(**SHAPE) == 9240


@pytest.mark.parametrize(("dtype", "size"), [(jnp.bfloat16, 2), (jnp.float8_e4m3fn, 1)])
def test_an_allocated_cache(dtype: object, size: int) -> None:
    cache = init_cache(num_layers=3, batch=2, num_kv_heads=5, slots=11, head_dim=7, dtype=dtype)
    assert cb.kv_cache_bytes(**SHAPE | {"bytes_per_element": size}) == nbytes(cache)
    layers = [cb.kv_layers(3, num_kv_heads=5, head_dim=7)]
    named = {2: cb.BF16, 1: cb.FP8}[size]
    assert cb.cache_bytes(layers, tokens=11, batch=2, dtype=named) == nbytes(cache)


def test_int8_counts_the_scales_that_are_allocated() -> None:
    cache = init_cache(num_layers=1, batch=2, num_kv_heads=5, slots=11, head_dim=7)
    layer = quantize(cache[0].key.swapaxes(2, 3)), quantize(cache[0].value)
    layers = [cb.kv_layers(1, num_kv_heads=5, head_dim=7)]
    assert cb.cache_bytes(layers, tokens=11, batch=2, dtype=cb.INT8) == nbytes(layer)


def test_int4_is_llama_cpps_q4_0() -> None:
    # 32 elements in 18 bytes: a float16 scale and 16 bytes of nibbles.
    assert [cb.INT4.vector_bytes(n) for n in (32, 64, 128, 576)] == [18, 36, 72, 324]


def test_a_latent_has_no_factor_of_two() -> None:
    latents = Latents(jnp.zeros((1, 4, 512), "bfloat16"), jnp.zeros((1, 4, 64), "bfloat16"))
    layers = [cb.latent_layers(1, kv_lora_rank=512, qk_rope_head_dim=64)]
    assert cb.cache_bytes(layers, tokens=4) == nbytes(latents)


@pytest.mark.parametrize("factor", [k for k in SHAPE if k != "num_heads"])
def test_linear_in_each_factor(factor: str) -> None:
    doubled = SHAPE | {factor: 2 * SHAPE[factor]}
    assert cb.kv_cache_bytes(**doubled) == 2 * cb.kv_cache_bytes(**SHAPE)


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_window_caps_the_tokens(tokens: int, window: int) -> None:
    windowed = [cb.kv_layers(2, num_kv_heads=3, head_dim=8, window=window)]
    full = [cb.kv_layers(2, num_kv_heads=3, head_dim=8)]
    kept = cb.cache_bytes(full, tokens=min(tokens, window))
    assert cb.cache_bytes(windowed, tokens=tokens) == kept


@given(st.integers(-(10**6), 10**7), st.integers(1, 100))
def test_the_largest_batch_fits_and_the_next_does_not(memory: int, tokens: int) -> None:
    layers = [cb.kv_layers(2, num_kv_heads=3, head_dim=8)]
    found = cb.largest_batch(layers, memory=memory, tokens=tokens)
    assert found >= 0
    assert found == 0 or cb.cache_bytes(layers, tokens=tokens, batch=found) <= memory
    assert cb.cache_bytes(layers, tokens=tokens, batch=found + 1) > memory


def test_heads_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="10 query heads cannot share 3 KV heads"):
        cb.kv_cache_bytes(**SHAPE | {"num_kv_heads": 3})
