"""A decoder with another number of KV heads: pooled for a smaller cache, or repeated."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx
from jax.tree_util import KeyPath
from jaxtyping import Array, Float

from whiteboard.lm.decoder import Decoder

Merge = Callable[..., Array]


# --8<-- [start:pool]
def mean_pool_heads(
    weight: Float[Array, "*inputs width"], num_heads: int, num_kv_heads: int
) -> Float[Array, "*inputs kv_width"]:
    """The mean of each group of neighbouring heads of a key or value projection.

    Out of H heads, h goes into KV head h // (H / K), which is the one that query head h will read.
    The projection is linear, so a pooled key is the mean of the group's keys, turned by RoPE or
    not: a rotation is linear too, and the same for all heads.

    Args:
        weight: a kernel `[hidden_size, H * head_dim]` or a bias; the heads lie side by side.
        num_heads: heads that it has (H).
        num_kv_heads: heads to keep (K); divides H.

    Returns:
        The projection to K heads, each the mean of H / K.

    Raises:
        ValueError: when K does not divide H.

    Source: Ainslie et al., arXiv 2305.13245, section 2.1.
    """
    return _grouped(weight, num_heads, num_kv_heads).mean(axis=-2).reshape(*weight.shape[:-1], -1)


# --8<-- [end:pool]


def first_heads(
    weight: Float[Array, "*inputs width"], num_heads: int, num_kv_heads: int
) -> Float[Array, "*inputs kv_width"]:
    """The first head of each group; the others are dropped.

    Args:
        weight: a kernel `[hidden_size, H * head_dim]` or a bias; the heads lie side by side.
        num_heads: heads that it has (H).
        num_kv_heads: heads to keep (K); divides H.

    Returns:
        The projection to K heads.

    Raises:
        ValueError: K does not divide H.
    """
    return _grouped(weight, num_heads, num_kv_heads)[..., 0, :].reshape(*weight.shape[:-1], -1)


def repeat_heads(
    weight: Float[Array, "*inputs width"], num_heads: int, num_kv_heads: int
) -> Float[Array, "*inputs kv_width"]:
    """Each head repeated: the same model with a larger cache.

    Args:
        weight: a kernel `[hidden_size, H * head_dim]` or a bias; the heads lie side by side.
        num_heads: heads that it has (H).
        num_kv_heads: heads to make (K), a multiple of H.

    Returns:
        The projection to K heads, each head K / H times side by side.

    Raises:
        ValueError: H does not divide K.
    """
    if num_kv_heads % num_heads:
        raise ValueError(f"{num_heads} heads cannot be repeated evenly to {num_kv_heads}")
    heads = weight.reshape(*weight.shape[:-1], num_heads, -1)
    return jnp.repeat(heads, num_kv_heads // num_heads, axis=-2).reshape(*weight.shape[:-1], -1)


# --8<-- [start:convert]
def with_kv_heads(decoder: Decoder, num_kv_heads: int, merge: Merge = mean_pool_heads) -> Decoder:
    """The same decoder with K KV heads; all weights but W_K and W_V are shared with the old one.

    Args:
        decoder: read only.
        num_kv_heads: K; divides the query heads.
        merge: `mean_pool_heads` or `first_heads` for fewer heads, `repeat_heads` for more.

    Returns:
        A new decoder.

    Raises:
        ValueError: when K divides neither the query heads nor the KV heads.
    """
    old = decoder.config
    config = dataclasses.replace(old, num_kv_heads=num_kv_heads)
    dtype = decoder.embed.embedding.dtype
    shell = nnx.eval_shape(lambda: Decoder(config, rngs=nnx.Rngs(0), dtype=dtype))

    def changed(path: KeyPath, weight: Array) -> Array:
        if {"k_proj", "v_proj"} & {getattr(key, "key", None) for key in path}:
            return merge(weight, old.num_kv_heads, num_kv_heads)
        return weight

    state = jax.tree_util.tree_map_with_path(changed, nnx.state(decoder))
    return nnx.merge(nnx.graphdef(shell), state)


# --8<-- [end:convert]


def _grouped(
    weight: Float[Array, "*inputs width"], num_heads: int, num_kv_heads: int
) -> Float[Array, "*inputs num_kv_heads group head_dim"]:
    if num_heads % num_kv_heads:
        raise ValueError(
            f"{num_heads} heads cannot be pooled evenly to {num_kv_heads}: "
            "each KV head takes the same number of them"
        )
    return weight.reshape(*weight.shape[:-1], num_kv_heads, num_heads // num_kv_heads, -1)
