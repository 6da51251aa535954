"""The checks of a step that keeps its keys and values, and of the bytes they take."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.cache_bytes import kv_cache_bytes
from whiteboard.architecture.cached_decoding import attend_and_cache
from whiteboard.architecture.kv_cache import LayerCache, init_cache
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Step = Callable[..., tuple[Array, LayerCache]]
BATCH, TIME, HEADS, KV_HEADS, HEAD_DIM, SLOTS = 2, 7, 6, 3, 4, 11


def _inputs(seed: int = 0) -> list[Array]:
    """Queries, keys and values of seven tokens, drawn by NumPy so that all get the same."""
    draw = np.random.default_rng(seed)
    shapes = [(BATCH, TIME, heads, HEAD_DIM) for heads in (HEADS, KV_HEADS, KV_HEADS)]
    return [jnp.asarray(draw.normal(size=shape), "float32") for shape in shapes]


def _empty(fill: float = 0.0) -> LayerCache:
    (layer,) = init_cache(
        num_layers=1, batch=BATCH, num_kv_heads=KV_HEADS, slots=SLOTS, head_dim=HEAD_DIM
    )
    return LayerCache(layer.key + fill, layer.value + fill)


def _steps(step: Step, inputs: list[Array], sizes: list[int], cache: LayerCache) -> Array:
    """Feed the tokens in pieces of these sizes, each after the ones before."""
    outputs, start = [], 0
    for size in sizes:
        piece = [x[:, start : start + size] for x in inputs]
        out, cache = step(*piece, cache, jnp.full(BATCH, start, jnp.int32))
        outputs.append(out)
        start += size
    return jnp.concatenate(outputs, axis=1)


def _turned(x: np.ndarray) -> np.ndarray:
    """RoPE by complex numbers, for tokens 0, 1, 2, ..."""
    half = x.shape[-1] // 2
    angle = np.arange(x.shape[1])[:, None] * 10_000.0 ** (-np.arange(half) / half)
    pairs = (x[..., :half] + 1j * x[..., half:]) * np.exp(1j * angle)[None, :, None]
    return np.concatenate([pairs.real, pairs.imag], axis=-1)


def _full_pass(inputs: list[Array]) -> np.ndarray:
    """Causal attention over all tokens at once, a query at a time, in float64: the oracle."""
    query, key, value = (np.asarray(x, np.float64) for x in inputs)
    query, key = _turned(query), _turned(key)
    output = np.zeros_like(query)
    for b, t, h in np.ndindex(query.shape[:3]):
        group = h // (query.shape[2] // key.shape[2])
        scores = key[b, : t + 1, group] @ query[b, t, h] / np.sqrt(query.shape[3])
        weights = np.exp(scores - scores.max())
        output[b, t, h] = weights / weights.sum() @ value[b, : t + 1, group]
    return output


def prefill_is_the_full_pass(step: Step) -> None:
    """All tokens at once into an empty cache give causal attention."""
    inputs = _inputs()
    expect_close(_steps(step, inputs, [TIME], _empty()), _full_pass(inputs), "7 tokens at once")


def decoding_is_the_full_pass(step: Step) -> None:
    """Four tokens at once and then one at a time give the outputs of the full pass."""
    inputs = _inputs(1)
    got = _steps(step, inputs, [4, 1, 1, 1], _empty())
    expect_close(got[:, 4:], _full_pass(inputs)[:, 4:], "4 tokens, then 1 + 1 + 1")


def later_slots_stay_unread(step: Step) -> None:
    """What stands in slots that are not written yet does not reach the output."""
    inputs = _inputs(2)
    clean = _steps(step, inputs, [3, 1], _empty())
    dirty = _steps(step, inputs, [3, 1], _empty(fill=5.0))
    expect_close(dirty, clean, "unwritten slots full of 5")


def rows_are_at_their_own_positions(step: Step) -> None:
    """Two rows of a batch may be at different positions."""
    inputs = _inputs(3)
    _, cache = step(*(x[:, :5] for x in inputs), _empty(), jnp.zeros(BATCH, jnp.int32))
    position = jnp.array([5, 2], jnp.int32)  # the second row goes back and writes over token 2
    new = [jnp.stack([x[0, 5:6], x[1, 2:3]]) for x in inputs]
    got, _ = step(*new, cache, position)
    full = _full_pass(inputs)
    expect_close(got[:, 0], np.stack([full[0, 5], full[1, 2]]), "rows at positions 5 and 2")


# The second part: the formula.

Formula = Callable[..., int]
SHAPE = {"num_layers": 3, "num_heads": 10, "num_kv_heads": 5, "head_dim": 7,
         "tokens": 11, "batch": 2, "bytes_per_element": 4}  # fmt: skip
LLAMA_3_70B = {"num_layers": 80, "num_heads": 64, "num_kv_heads": 8, "head_dim": 128,
               "tokens": 1, "batch": 1, "bytes_per_element": 2}  # fmt: skip


def an_allocated_cache_has_these_bytes(formula: Formula) -> None:
    """The result is `nbytes` of the buffers of such a cache."""
    cache = init_cache(num_layers=3, batch=2, num_kv_heads=5, slots=11, head_dim=7)
    want = sum(x.nbytes for x in jax.tree.leaves(cache))
    got = formula(**SHAPE)
    expect(got == want, f"10 query heads, 5 KV heads: wanted {want}, got {got}")


def llama_3_70b_takes_320_kib_a_token(formula: Formula) -> None:
    """Llama 3 70B in bfloat16: 80 layers, 8 KV heads of 128, 327,680 bytes a token."""
    got = formula(**LLAMA_3_70B)
    expect(got == 327_680, f"1 token: wanted 327680, got {got}")


def half_the_bytes_in_eight_bits(formula: Formula) -> None:
    """A cache of 1 byte an element takes half of what 2 bytes take."""
    wide, narrow = formula(**LLAMA_3_70B), formula(**LLAMA_3_70B | {"bytes_per_element": 1})
    expect(wide == 2 * narrow, f"2 bytes an element: {wide}; 1 byte: {narrow}, wanted half")


EXERCISES = (
    Exercise.of(
        attend_and_cache,
        checks=(
            prefill_is_the_full_pass,
            decoding_is_the_full_pass,
            later_slots_stay_unread,
            rows_are_at_their_own_positions,
        ),
        probe=lambda step: [_steps(step, _inputs(seed), [4, 1, 1, 1], _empty()) for seed in (4, 5)],
    ),
    Exercise.of(
        kv_cache_bytes,
        checks=(
            an_allocated_cache_has_these_bytes,
            llama_3_70b_takes_320_kib_a_token,
            half_the_bytes_in_eight_bits,
        ),
        probe=lambda formula: [
            np.asarray([formula(**SHAPE), formula(**LLAMA_3_70B | {"bytes_per_element": 1})])
        ],
    ),
)
