"""A cache in int8 with one scale for each cached vector, and what rounding costs."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int, Int8

from whiteboard.architecture.kv_cache import LayerCache


# --8<-- [start:int8]
class QuantizedVectors(NamedTuple):
    """x = scale * values, with one scale for each vector of a head."""

    values: Int8[Array, "*vectors head_dim"]
    scale: Float[Array, "*vectors"]


def quantize(x: Float[Array, "*vectors head_dim"], bits: int = 8) -> QuantizedVectors:
    """Round to 2^bits - 1 levels about zero: scale = max |x| / (2^(bits - 1) - 1) of the vector.

    The error of an element is at most half a step, scale / 2.

    Args:
        x: vectors, each with a scale of its own.
        bits: of one element, 2 to 8; stored in a byte each.

    Returns:
        Signed integers, and one float32 scale a vector.
    """
    x = x.astype(jnp.float32)
    scale = jnp.max(jnp.abs(x), axis=-1) / (2 ** (bits - 1) - 1)
    step = jnp.where(scale == 0, 1, scale)[..., None]
    return QuantizedVectors(jnp.round(x / step).astype(jnp.int8), scale)


def dequantize(
    stored: QuantizedVectors, dtype: DTypeLike = jnp.float32
) -> Float[Array, "*vectors head_dim"]:
    """The vectors that attention reads. A fused kernel does this in registers.

    Args:
        stored: integers with their scales.
        dtype: of the result.

    Returns:
        scale * integer, element by element.
    """
    return (stored.values * stored.scale[..., None]).astype(dtype)


# --8<-- [end:int8]


class QuantizedLayerCache(NamedTuple):
    """`LayerCache` in a quarter of float32's bytes, and a scale a vector."""

    key: QuantizedVectors
    value: QuantizedVectors


def quantize_layer(layer: LayerCache) -> QuantizedLayerCache:
    """Both buffers in int8, slot by slot: a token is rounded once, when it is written."""
    return QuantizedLayerCache(quantize(layer.key.swapaxes(2, 3)), quantize(layer.value))


def dequantize_layer(layer: QuantizedLayerCache, dtype: DTypeLike = jnp.float32) -> LayerCache:
    """A cache that attention can read.

    Args:
        layer: one layer's quantised keys and values.
        dtype: of the result.

    Returns:
        The layer's cache, laid out as `kv_cache.LayerCache` wants it.
    """
    key, value = (dequantize(stored, dtype) for stored in layer)
    return LayerCache(key.swapaxes(2, 3), value)


def init_quantized_layer(
    *, batch: int, num_kv_heads: int, slots: int, head_dim: int
) -> QuantizedLayerCache:
    """Empty buffers: 2 * batch * num_kv_heads * slots * (head_dim + 4) bytes.

    Args:
        batch: rows, one sequence each.
        num_kv_heads: key and value heads (K).
        slots: most tokens that a row can cache.
        head_dim: width of one head (N).

    Returns:
        One layer's cache, all zeros.
    """
    shape = (batch, num_kv_heads, slots)

    def empty() -> QuantizedVectors:
        return QuantizedVectors(jnp.zeros((*shape, head_dim), jnp.int8), jnp.zeros(shape))

    return QuantizedLayerCache(empty(), empty())


def write_quantized(
    layer: QuantizedLayerCache,
    key: Float[Array, "batch time num_kv_heads head_dim"],
    value: Float[Array, "batch time num_kv_heads head_dim"],
    position: Int[Array, "batch"],
) -> QuantizedLayerCache:
    """Round new tokens and put them at slots position, position + 1, ...; no old token moves.

    Args:
        layer: one layer's cache.
        key: of the new tokens, after RoPE.
        value: of the new tokens.
        position: slot of each row's first new token: the tokens already in its cache.

    Returns:
        The cache with the new tokens in it.
    """

    def put(buffer: Array, new: Array, start: Array) -> Array:
        return jax.lax.dynamic_update_slice_in_dim(buffer, new, start, axis=1)

    new = QuantizedLayerCache(*(quantize(jnp.swapaxes(x, 1, 2)) for x in (key, value)))
    return jax.tree.map(lambda old, x: jax.vmap(put)(old, x, position), layer, new)
