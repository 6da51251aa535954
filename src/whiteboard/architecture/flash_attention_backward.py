"""The gradients of FlashAttention: weights rebuilt tile by tile from the saved log-sum-exp."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Float

from whiteboard.architecture.flash_attention_tiles import (
    Tile,
    pad_time,
    seeing_blocks,
    visible,
    visible_blocks,
)

LOG2_E = math.log2(math.e)
Sums = tuple[Array, Array]


def row_specs(
    query: Float[Array, "batch time num_kv_heads group head_dim"], size: int
) -> tuple[pl.BlockSpec, pl.BlockSpec]:
    """A program's block of query rows, and of one number a row.

    The last rows come first. Causal, they see the most keys; started last, they would keep a few
    processors busy while the others have nothing left.

    Args:
        query: heads by the KV head that they share.
        size: rows of a block, a divisor of `time`.

    Returns:
        The place of a block of query rows, and of the row sums that belong to it, for a grid of
        (blocks, batch, heads).
    """
    _, time, _, group, head_dim = query.shape
    last = time // size - 1
    rows = pl.BlockSpec(
        (None, size, None, None, head_dim),
        lambda i, b, h: (b, last - i, h // group, h % group, 0),
    )
    sums = pl.BlockSpec(
        (None, None, None, size), lambda i, b, h: (b, h // group, h % group, last - i)
    )
    return rows, sums


def flash_gradients(
    query: Float[Array, "batch time num_kv_heads group head_dim"],
    key: Float[Array, "batch source num_kv_heads head_dim"],
    value: Float[Array, "batch source num_kv_heads head_dim"],
    output: Float[Array, "batch time num_kv_heads group head_dim"],
    lse: Float[Array, "batch num_kv_heads group time"],
    d_output: Float[Array, "batch time num_kv_heads group head_dim"],
    *,
    causal: bool,
    tile: Tile,
    interpret: bool,
) -> tuple[
    Float[Array, "batch time num_kv_heads group head_dim"],
    Float[Array, "batch source num_kv_heads head_dim"],
    Float[Array, "batch source num_kv_heads head_dim"],
]:
    """Gradients of query, key and value by two kernels, without atomic additions.

    With `P = exp2(S - lse)` and `delta = sum(dO * O)` a row: `dV = P^T dO`,
    `dS = P * (dO V^T - delta)`, `dQ = scale dS K`, `dK = scale dS^T Q`.

    Args:
        query: heads by the KV head that they share.
        key: K heads.
        value: K heads.
        output: of the forward pass.
        lse: log-sum-exp of the forward pass in base 2; +inf for a query that sees no key.
        d_output: gradient of the output.
        causal: whether the forward pass masked later keys.
        tile: block sizes of both kernels.
        interpret: run the kernels as JAX operations.

    Returns:
        Gradients of query, key and value, in this order; a KV head's are summed over its group.

    Source: Dao, arXiv 2307.08691, algorithm 2.
    """
    batch, time, num_kv_heads, group, head_dim = query.shape
    shape = {"tile": tile, "time": time, "source": key.shape[1], "causal": causal}
    delta = jnp.einsum("BTKGN,BTKGN->BKGT", d_output, output, preferred_element_type=jnp.float32)
    query, d_output = (pad_time(x, tile.queries) for x in (query, d_output))
    key, value = (pad_time(x, tile.keys) for x in (key, value))
    lse, delta = (pad_time(x, tile.queries, axis=3) for x in (lse, delta))

    def call(
        kernel: Callable[..., None], out: list[Array], size: int, heads: int, **specs: Any
    ) -> Any:
        return pl.pallas_call(
            partial(kernel, scale=head_dim**-0.5, **shape),
            grid=(out[0].shape[1] // size, batch, heads),
            out_shape=[jax.ShapeDtypeStruct(x.shape, x.dtype) for x in out],
            compiler_params=triton.CompilerParams(
                num_warps=tile.num_warps, num_stages=tile.num_stages
            ),
            interpret=interpret,
            name=kernel.__name__.strip("_"),
            **specs,
        )(query, key, value, d_output, lse, delta)

    rows, sums = row_specs(query, tile.queries)
    keys = pl.BlockSpec((None, key.shape[1], None, head_dim), lambda i, b, h: (b, 0, h // group, 0))
    (d_query,) = call(
        _query_gradient, [query], tile.queries, num_kv_heads * group,
        in_specs=[rows, keys, keys, rows, sums, sums], out_specs=[rows],
    )  # fmt: skip
    rows = pl.BlockSpec(
        (None, query.shape[1], None, group, head_dim), lambda i, b, h: (b, 0, h, 0, 0)
    )
    sums = pl.BlockSpec((None, None, group, query.shape[1]), lambda i, b, h: (b, h, 0, 0))
    keys = pl.BlockSpec((None, tile.keys, None, head_dim), lambda i, b, h: (b, i, h, 0))
    d_key, d_value = call(
        _key_value_gradient, [key, value], tile.keys, num_kv_heads,
        in_specs=[rows, keys, keys, rows, sums, sums], out_specs=[keys, keys],
    )  # fmt: skip
    source = shape["source"]
    return d_query[:, :time], d_key[:, :source], d_value[:, :source]


# --8<-- [start:query]
def _query_gradient(
    q_ref: Any, k_ref: Any, v_ref: Any, d_output_ref: Any, lse_ref: Any, delta_ref: Any,
    d_query_ref: Any, *, scale: float, **shape: Any,
) -> None:  # fmt: skip
    i, tile = pl.num_programs(0) - 1 - pl.program_id(0), shape["tile"]
    query, d_output = q_ref[...], d_output_ref[...]
    lse, delta = lse_ref[...][:, None], delta_ref[...][:, None]

    def step(j: Array, d_query: Array, masked: bool) -> Array:
        block = pl.ds(j * tile.keys, tile.keys)
        key, value = k_ref[block, :], v_ref[block, :]
        weights = jnp.exp2(_dot(query, key.T) * (scale * LOG2_E) - lse)
        if masked:
            weights = jnp.where(visible(i, j, **shape), weights, 0.0)
        d_scores = weights * (_dot(d_output, value.T) - delta)
        return d_query + _dot(d_scores.astype(key.dtype), key)

    whole, end = visible_blocks(i, **shape)
    d_query = jnp.zeros(query.shape, jnp.float32)
    d_query = lax.fori_loop(0, whole, partial(step, masked=False), d_query)
    d_query = lax.fori_loop(whole, end, partial(step, masked=True), d_query)
    d_query_ref[...] = (d_query * scale).astype(d_query_ref.dtype)


# --8<-- [end:query]


def _key_value_gradient(
    q_ref: Any, k_ref: Any, v_ref: Any, d_output_ref: Any, lse_ref: Any, delta_ref: Any,
    d_key_ref: Any, d_value_ref: Any, *, scale: float, **shape: Any,
) -> None:  # fmt: skip
    j, tile = pl.program_id(0), shape["tile"]
    key, value = k_ref[...], v_ref[...]
    some, whole = seeing_blocks(j, **shape)

    # Weights are transposed, [keys, queries]: that is how both products below take them.
    def step(i: Array, sums: Sums, head: Array, masked: bool) -> Sums:
        rows = pl.ds(i * tile.queries, tile.queries)
        query, d_output = q_ref[rows, head, :], d_output_ref[rows, head, :]
        weights = jnp.exp2(_dot(key, query.T) * (scale * LOG2_E) - lse_ref[head, rows][None])
        if masked:
            weights = jnp.where(visible(i, j, **shape).T, weights, 0.0)
        d_scores = weights * (_dot(value, d_output.T) - delta_ref[head, rows][None])
        d_key, d_value = sums
        return (
            d_key + _dot(d_scores.astype(query.dtype), query),
            d_value + _dot(weights.astype(d_output.dtype), d_output),
        )

    def of_head(head: Array, sums: Sums) -> Sums:
        sums = lax.fori_loop(some, whole, partial(step, head=head, masked=True), sums)
        end = q_ref.shape[0] // tile.queries
        return lax.fori_loop(whole, end, partial(step, head=head, masked=False), sums)

    sums = jnp.zeros(key.shape, jnp.float32), jnp.zeros(value.shape, jnp.float32)
    d_key, d_value = lax.fori_loop(0, q_ref.shape[1], of_head, sums)
    d_key_ref[...] = (d_key * scale).astype(d_key_ref.dtype)
    d_value_ref[...] = d_value.astype(d_value_ref.dtype)


def _dot(a: Array, b: Array) -> Array:
    return jnp.dot(a, b, preferred_element_type=jnp.float32)
