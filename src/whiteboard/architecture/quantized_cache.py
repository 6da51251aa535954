"""Cached vectors in int8 or fewer bits, with one scale for each."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int8


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
