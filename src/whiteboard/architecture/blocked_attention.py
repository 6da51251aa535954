"""Exact attention that never holds the score matrix: a scan over blocks of keys."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from whiteboard.architecture.online_softmax import RunningSoftmax, empty, finish, fold


def blocked_attention(
    query: Float[Array, "batch time num_heads head_dim"],
    key: Float[Array, "batch source num_kv_heads head_dim"],
    value: Float[Array, "batch source num_kv_heads value_dim"],
    *,
    causal: bool = True,
    block: int = 128,
) -> Float[Array, "batch time num_heads value_dim"]:
    """softmax(Q K^T / sqrt(head_dim)) V in temporary memory linear in time, gradients included.

    The forward pass keeps the output and one log-sum-exp a row. The backward pass rebuilds each
    block of weights from it, as in FlashAttention, whose outer loop is over queries instead. Here
    all queries meet one block of keys at a time, so blocks above the diagonal are not skipped.

    Args:
        query: H heads.
        key: K heads; query head h reads KV head h // (H / K).
        value: as `key`.
        causal: a query sees its own position and those before it. With more keys than queries the
            queries are the last positions. A query that sees no key gets zeros.
        block: number of keys processed at a time.

    Returns:
        The weighted sum of the values for each query head, in the query's dtype.

    Raises:
        ValueError: K does not divide H, or the block is not positive.

    Source: Dao et al., arXiv 2205.14135, algorithms 1 and 4.
    """
    return _with_time_first(_attend(*_with_heads_first(query, key, value, block), causal, block))


def scanned_attention(
    query: Float[Array, "batch time num_heads head_dim"],
    key: Float[Array, "batch source num_kv_heads head_dim"],
    value: Float[Array, "batch source num_kv_heads value_dim"],
    *,
    causal: bool = True,
    block: int = 128,
) -> Float[Array, "batch time num_heads value_dim"]:
    """The same forward pass, with the gradient left to autodiff, which keeps every block's weights.

    Args:
        query: H heads.
        key: K heads; query head h reads KV head h // (H / K).
        value: as `key`.
        causal: a query sees its own position and those before it.
        block: number of keys processed at a time.

    Returns:
        The output of `blocked_attention`.

    Raises:
        ValueError: K does not divide H, or the block is not positive.
    """
    output, _ = _forward(*_with_heads_first(query, key, value, block), causal, block)
    return _with_time_first(output)


# --8<-- [start:scan]
def _forward(
    query: Array, key: Array, value: Array, causal: bool, block: int
) -> tuple[Array, Array]:
    def step(state: RunningSoftmax, keys: tuple[Array, ...]) -> tuple[RunningSoftmax, None]:
        k, v, first = keys
        scores = _scores(query, k, first, key.shape[2], causal)
        return fold(state, scores, v[:, :, None]), None

    state = empty(query.shape[:-1], value.shape[-1])
    state, _ = lax.scan(step, state, _blocks(key, value, block))
    output, lse = finish(state)
    return output.astype(query.dtype), lse


_attend = jax.custom_vjp(lambda *args: _forward(*args)[0], nondiff_argnums=(3, 4))


def _keep(query: Array, key: Array, value: Array, causal: bool, block: int) -> tuple[Array, tuple]:
    output, lse = _forward(query, key, value, causal, block)
    return output, (query, key, value, output, lse)


def _backward(causal: bool, block: int, kept: tuple, d_output: Array) -> tuple[Array, ...]:
    query, key, value, output, lse = kept
    delta = jnp.einsum("BKGTN,BKGTN->BKGT", d_output, output, preferred_element_type=jnp.float32)

    def step(d_query: Array, keys: tuple[Array, ...]) -> tuple[Array, tuple[Array, Array]]:
        k, v, first = keys
        weights = jnp.exp(_scores(query, k, first, key.shape[2], causal) - lse[..., None])
        d_weights = jnp.einsum("BKGTN,BKSN->BKGTS", d_output, v)
        d_scores = weights * (d_weights - delta[..., None]) * query.shape[-1] ** -0.5
        d_key = jnp.einsum("BKGTS,BKGTN->BKSN", d_scores, query)
        d_value = jnp.einsum("BKGTS,BKGTN->BKSN", weights, d_output)
        return d_query + jnp.einsum("BKGTS,BKSN->BKGTN", d_scores, k), (d_key, d_value)

    d_query, d_blocks = lax.scan(step, jnp.zeros(query.shape), _blocks(key, value, block))
    d_key, d_value = (_joined(d, key.shape[2]) for d in d_blocks)
    return d_query.astype(query.dtype), d_key.astype(key.dtype), d_value.astype(value.dtype)


_attend.defvjp(_keep, _backward)
# --8<-- [end:scan]


def _scores(query: Array, key: Array, first: Array, source: int, causal: bool) -> Array:
    """Scores of a block whose first key is number `first`; -inf where a query may not look."""
    scores = jnp.einsum("BKGTN,BKSN->BKGTS", query, key, preferred_element_type=jnp.float32)
    time, column = query.shape[3], first + jnp.arange(key.shape[2])
    seen = jnp.tile(column < source, (time, 1))  # the last block is padded
    if causal:
        seen &= column[None] <= jnp.arange(source - time, source)[:, None]
    return jnp.where(seen[None, None, None], scores * query.shape[-1] ** -0.5, -jnp.inf)


def _blocks(key: Array, value: Array, block: int) -> tuple[Array, Array, Array]:
    """Keys and values `[blocks, batch, num_kv_heads, block, width]`, and each first number."""
    first = jnp.arange(0, key.shape[2], block)

    def cut(x: Array) -> Array:
        x = jnp.pad(x, ((0, 0), (0, 0), (0, len(first) * block - x.shape[2]), (0, 0)))
        return jnp.moveaxis(x.reshape(*x.shape[:2], len(first), block, -1), 2, 0)

    return cut(key), cut(value), first


def _joined(blocks: Array, source: int) -> Array:
    """The inverse of the cut in `_blocks`."""
    count, batch, heads, block, width = blocks.shape
    return jnp.moveaxis(blocks, 0, 2).reshape(batch, heads, count * block, width)[:, :, :source]


def _with_heads_first(
    query: Array, key: Array, value: Array, block: int
) -> tuple[Array, Array, Array]:
    batch, time, num_heads, head_dim = query.shape
    num_kv_heads = key.shape[2]
    if num_heads % num_kv_heads:
        raise ValueError(f"{num_heads} query heads cannot share {num_kv_heads} KV heads evenly")
    if block < 1:
        raise ValueError(f"block: wanted at least 1 key at a time, got {block}")
    grouped = query.reshape(batch, time, num_kv_heads, -1, head_dim)
    return jnp.moveaxis(grouped, 1, 3), key.swapaxes(1, 2), value.swapaxes(1, 2)


def _with_time_first(heads: Array) -> Array:
    batch, num_kv_heads, group, time, width = heads.shape
    return jnp.moveaxis(heads, 3, 1).reshape(batch, time, num_kv_heads * group, width)
