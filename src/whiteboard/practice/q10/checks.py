"""The checks of folding a block, of the blocks that are read, and of attention in blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture import blocked_attention as blocked
from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.flash_attention_tiles import Tile, visible_blocks
from whiteboard.architecture.online_softmax import empty, finish, fold
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Function = Callable[..., Any]
MASKED = -np.inf


def _scores(seed: int = 0, rows: int = 3, keys: int = 13) -> tuple[np.ndarray, np.ndarray]:
    """Scores that grow along the keys, so that the maximum moves, and values."""
    draw = np.random.default_rng(seed)
    scores = draw.normal(size=(rows, keys)) + np.linspace(-3, 3, keys)
    return scores, draw.normal(size=(rows, keys, 5))


def _softmax_sum(scores: np.ndarray, values: np.ndarray) -> np.ndarray:
    """All keys at once in float64: the oracle. A row without a key gets zeros."""
    largest = scores.max(-1, keepdims=True)
    weights = np.exp(scores - np.where(np.isinf(largest), 0, largest))
    total = weights.sum(-1, keepdims=True)
    return np.einsum("RS,RSN->RN", weights / np.where(total == 0, 1, total), values)


def _folded(fold: Function, scores: np.ndarray, values: np.ndarray, block: int = 5) -> Array:
    state = empty((len(scores), 1), values.shape[-1])
    for first in range(0, scores.shape[1], block):
        some = slice(first, first + block)
        s, v = (jnp.asarray(x[:, some], "float32") for x in (scores, values))
        state = fold(state, s[:, None], v)
    return finish(state)[0][:, 0]


# Checks of `fold`.


def blocks_add_up_to_the_softmax(fold: Function) -> None:
    """Blocks of 5, 5 and 3 keys give the softmax-weighted sum over all 13."""
    scores, values = _scores()
    expect_close(_folded(fold, scores, values), _softmax_sum(scores, values), "13 keys, by fives")


def masked_blocks_change_nothing(fold: Function) -> None:
    """A block that a row may not look at leaves that row as it was, also when it is the first."""
    scores, values = _scores()
    scores[0, :5] = scores[1, 5:10] = scores[2] = MASKED
    want = _softmax_sum(scores, values)
    expect_close(_folded(fold, scores, values), want, "a masked block in each row")


def large_scores_do_not_overflow(fold: Function) -> None:
    """Scores of some hundreds are as good as small ones: only differences count."""
    scores, values = _scores()
    got = _folded(fold, scores + 300, values)
    expect_close(got, _softmax_sum(scores, values), "300 added to every score", atol=1e-3)


# Checks of `visible_blocks`.

SHAPES: list[dict[str, Any]] = [
    {"tile": Tile(*tile), "time": time, "source": source, "causal": causal}
    for tile in ((16, 32), (32, 16))
    for time, source in ((64, 64), (33, 80), (80, 47))
    for causal in (True, False)
]


def _plans(function: Function) -> list[tuple[str, np.ndarray, int, int, int]]:
    """Each block of queries: in words, what its rows see of the keys, and the answer in keys."""
    plans = []
    for shape in SHAPES:
        tile, time, source = shape["tile"], shape["time"], shape["source"]
        ahead = source - time if shape["causal"] else source
        for i in range(-(-time // tile.queries)):
            rows = np.arange(i * tile.queries, min((i + 1) * tile.queries, time))
            seen = np.arange(source) <= rows[:, None] + ahead
            whole, end = (int(x) for x in function(i, **shape))
            said = f"{tile.queries}x{tile.keys} tiles, {time} on {source}, block {i}"
            plans.append((said, seen, whole, end, tile.keys))
    return plans


def every_visible_key_is_read(function: Function) -> None:
    """No block is skipped that holds a key which a query of the block may see."""
    for said, seen, _, end, size in _plans(function):
        lost = seen[:, end * size :].sum()
        expect(not lost, f"{said}: {lost} visible scores are skipped")


def unmasked_blocks_are_seen_whole(function: Function) -> None:
    """A block that is read without a mask holds no key that a query may not see."""
    for said, seen, whole, _, size in _plans(function):
        leaked = (~seen[:, : whole * size]).sum()
        expect(not leaked, f"{said}: {leaked} hidden scores pass unmasked")


def hidden_blocks_are_skipped(function: Function) -> None:
    """A block that no query of the block may see is not read."""
    for said, seen, _, end, size in _plans(function):
        idle = end - -(-int(seen.any(axis=0).sum()) // size)
        expect(idle <= 0, f"{said}: {idle} unseen blocks are read")


# Checks of `blocked_attention`.


def _inputs(time: int, source: int, seed: int = 0) -> list[Array]:
    draw = np.random.default_rng(seed)
    shapes = (2, time, 6, 7), (2, source, 2, 7), (2, source, 2, 7)
    return [jnp.asarray(draw.normal(size=shape), "float32") for shape in shapes]


def _repeated(query: Array, key: Array, value: Array) -> Array:
    """Attention over repeated heads with its whole score matrix: what must come out."""
    key, value = (jnp.repeat(x, query.shape[2] // x.shape[2], axis=2) for x in (key, value))
    mask = causal_mask(query.shape[1], key.shape[1])
    return dot_product_attention(query, key, value, mask=mask)


def blocks_give_the_whole_attention(attend: Function) -> None:
    """Causal attention of 6 query heads on 2 KV heads, 11 queries on 17 keys, by fives."""
    inputs = _inputs(11, 17)
    expect_close(attend(*inputs, block=5), _repeated(*inputs), "11 queries on 17 keys")


def queries_without_a_key_get_zeros(attend: Function) -> None:
    """With 9 queries on 6 keys, the first three see nothing, and nothing comes out."""
    got = attend(*_inputs(9, 6), block=4)[:, :3]
    expect_close(got, np.zeros(got.shape), "9 queries on 6 keys")


def gradients_are_those_of_the_whole(attend: Function) -> None:
    """Gradients of query, key and value are those of attention with its score matrix."""
    inputs = _inputs(11, 17)

    def loss(attend: Function) -> Function:
        return lambda *inputs: jnp.sum(attend(*inputs) ** 2)

    got = jax.grad(loss(lambda *x: attend(*x, block=5)), (0, 1, 2))(*inputs)
    for name, a, b in zip("QKV", got, jax.grad(loss(_repeated), (0, 1, 2))(*inputs)):
        expect_close(a, b, f"gradient of {name}", atol=1e-3)


def memory_is_linear_in_time(attend: Function) -> None:
    """Twice the tokens take at most about twice the temporary memory of the compiled gradient."""

    def temporary(time: int) -> int:
        x = jax.ShapeDtypeStruct((1, time, 1, 16), jnp.float32)
        gradient = jax.grad(lambda *x: attend(*x, block=32).sum(), (0, 1, 2))
        memory: Any = jax.jit(gradient).lower(x, x, x).compile().memory_analysis()
        return int(memory.temp_size_in_bytes)

    ratio = temporary(512) / temporary(256)
    expect(ratio < 2.3, f"512 tokens for 256: {ratio:.1f} times the temporary memory")


EXERCISES = (
    Exercise.of(
        fold,
        checks=(
            blocks_add_up_to_the_softmax,
            masked_blocks_change_nothing,
            large_scores_do_not_overflow,
        ),
        probe=lambda f: [_folded(f, *_scores(seed)) for seed in (1, 2)],
    ),
    Exercise.of(
        visible_blocks,
        checks=(
            every_visible_key_is_read,
            unmasked_blocks_are_seen_whole,
            hidden_blocks_are_skipped,
        ),
        probe=lambda f: [np.array(plan[2:4]) for plan in _plans(f)],
    ),
    Exercise.of(
        blocked.blocked_attention,
        checks=(
            blocks_give_the_whole_attention,
            queries_without_a_key_get_zeros,
            gradients_are_those_of_the_whole,
            memory_is_linear_in_time,
        ),
        probe=lambda f: [f(*_inputs(11, 17, seed), block=5) for seed in (1, 2)],
    ),
)
