"""FlashAttention as a Pallas kernel: one program a block of queries, keys streamed past it.

On a GPU, Pallas compiles the kernels through Triton, with jax 0.10 to 0.12. JAX 0.11 deprecates
that way and names Mosaic GPU as its successor, which asks for other kernels for each generation of
GPU. Elsewhere the kernels are interpreted: exact, and slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.experimental import pallas as pl
from jax.experimental.pallas import triton
from jaxtyping import Array, Float

from whiteboard.architecture.flash_attention_backward import LOG2_E, flash_gradients, row_specs
from whiteboard.architecture.flash_attention_tiles import Tile, pad_time, visible, visible_blocks
from whiteboard.architecture.online_softmax import RunningSoftmax, empty, finish, fold

# The fastest on an H100, or nearly, at head widths 64 and 128: benchmarks/flash_attention.py.
FORWARD, BACKWARD = Tile(128, 64, num_warps=8, num_stages=3), Tile(64, 64)


@dataclass(frozen=True)
class _Setting:
    causal: bool
    forward: Tile
    backward: Tile
    interpret: bool


def flash_attention(
    query: Float[Array, "batch time num_heads head_dim"],
    key: Float[Array, "batch source num_kv_heads head_dim"],
    value: Float[Array, "batch source num_kv_heads head_dim"],
    *,
    causal: bool = True,
    forward: Tile = FORWARD,
    backward: Tile = BACKWARD,
    interpret: bool = False,
) -> Float[Array, "batch time num_heads head_dim"]:
    """softmax(Q K^T / sqrt(head_dim)) V and its gradients, by kernels that hold one tile of scores.

    Args:
        query: H heads, of a width that is a power of two of at least 16.
        key: K heads; query head h reads KV head h // (H / K), and no head is copied.
        value: as `key`.
        causal: a query sees its own position and those before it; with more keys than queries the
            queries are the last positions. A query that sees no key gets zeros.
        forward: block sizes of the forward kernel.
        backward: block sizes of both backward kernels.
        interpret: run the kernels as JAX operations, on any device.

    Returns:
        The weighted sum of the values for each query head, in the query's dtype.

    Raises:
        ValueError: shapes that the kernels do not take.

    Source: Dao, arXiv 2307.08691, whose gradient of the queries is summed by atomic additions.
        Here a second kernel computes it, so that the same inputs give the same bits.
    """
    batch, time, num_heads, head_dim = query.shape
    if head_dim < 16 or head_dim & (head_dim - 1):
        raise ValueError(f"head_dim: wanted a power of two of at least 16, got {head_dim}")
    if num_heads % key.shape[2]:
        raise ValueError(f"{num_heads} query heads cannot share {key.shape[2]} KV heads evenly")
    grouped = query.reshape(batch, time, key.shape[2], -1, head_dim)
    output = _attend(grouped, key, value, _Setting(causal, forward, backward, interpret))
    return output.reshape(query.shape)


_attend = jax.custom_vjp(lambda *args: _forward(*args)[0], nondiff_argnums=(3,))


def _keep(query: Array, key: Array, value: Array, setting: _Setting) -> tuple[Array, tuple]:
    output, lse = _forward(query, key, value, setting)
    return output, (query, key, value, output, lse)


def _backward(setting: _Setting, kept: tuple, d_output: Array) -> tuple[Array, Array, Array]:
    query, key, value, output, lse = kept
    return flash_gradients(
        query,
        key,
        value,
        output,
        lse,
        d_output,
        causal=setting.causal,
        tile=setting.backward,
        interpret=setting.interpret,
    )


_attend.defvjp(_keep, _backward)


def _forward(query: Array, key: Array, value: Array, setting: _Setting) -> tuple[Array, Array]:
    """The output, shaped as the query, and the log2-sum-exp2 `[batch, K, G, time]`."""
    batch, time, num_kv_heads, group, head_dim = query.shape
    tile, source = setting.forward, key.shape[1]
    query = pad_time(query, tile.queries)
    key, value = (pad_time(x, tile.keys) for x in (key, value))
    rows, sums = row_specs(query, tile.queries)
    keys = pl.BlockSpec((None, key.shape[1], None, head_dim), lambda i, b, h: (b, 0, h // group, 0))
    lse_shape = (batch, num_kv_heads, group, query.shape[1])
    kernel = partial(
        _forward_kernel,
        scale=LOG2_E * head_dim**-0.5,
        tile=tile,
        time=time,
        source=source,
        causal=setting.causal,
    )
    output, lse = pl.pallas_call(
        kernel,
        grid=(query.shape[1] // tile.queries, batch, num_kv_heads * group),
        in_specs=[rows, keys, keys],
        out_specs=[rows, sums],
        out_shape=[
            jax.ShapeDtypeStruct(query.shape, query.dtype),
            jax.ShapeDtypeStruct(lse_shape, jnp.float32),
        ],
        compiler_params=triton.CompilerParams(num_warps=tile.num_warps, num_stages=tile.num_stages),
        interpret=setting.interpret,
        name="flash_attention",
    )(query, key, value)
    return output[:, :time], lse[..., :time]


# --8<-- [start:kernel]
def _forward_kernel(
    q_ref: Any, k_ref: Any, v_ref: Any, output_ref: Any, lse_ref: Any, *, scale: float, **shape: Any
) -> None:
    i, tile = pl.num_programs(0) - 1 - pl.program_id(0), shape["tile"]
    query = q_ref[...]

    def step(j: Array, state: RunningSoftmax, masked: bool) -> RunningSoftmax:
        block = pl.ds(j * tile.keys, tile.keys)
        scores = jnp.dot(query, k_ref[block, :].T, preferred_element_type=jnp.float32) * scale
        if masked:
            scores = jnp.where(visible(i, j, **shape), scores, -jnp.inf)
        return fold(state, scores, v_ref[block, :], exp=jnp.exp2)

    whole, end = visible_blocks(i, **shape)
    state = empty((tile.queries,), query.shape[-1])
    state = lax.fori_loop(0, whole, partial(step, masked=False), state)
    state = lax.fori_loop(whole, end, partial(step, masked=True), state)
    output, lse_ref[...] = finish(state, log=jnp.log2)
    output_ref[...] = output.astype(output_ref.dtype)


# --8<-- [end:kernel]
