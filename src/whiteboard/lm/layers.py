"""The layers of the decoder: attention, feed-forward, and the residual block of both."""

from __future__ import annotations

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from whiteboard.architecture.grouped_query_attention import (
    cached_attention,
    grouped_query_attention,
)
from whiteboard.architecture.kv_cache import LayerCache, write
from whiteboard.architecture.rope import rotate
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Context


class Attention(nnx.Module):
    """Grouped-query self-attention with rotary positions."""

    def __init__(self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> None:
        def linear(features_in: int, features_out: int, use_bias: bool) -> nnx.Linear:
            return make_linear(features_in, features_out, use_bias=use_bias, rngs=rngs, dtype=dtype)

        width, kv_width = (n * config.head_dim for n in (config.num_heads, config.num_kv_heads))
        self.head_dim = config.head_dim
        self.q_proj = linear(config.hidden_size, width, config.qkv_bias)
        self.k_proj = linear(config.hidden_size, kv_width, config.qkv_bias)
        self.v_proj = linear(config.hidden_size, kv_width, config.qkv_bias)
        self.o_proj = linear(width, config.hidden_size, False)

    def __call__(
        self, x: Float[Array, "batch time hidden_size"], context: Context, cache: LayerCache | None
    ) -> tuple[Float[Array, "batch time hidden_size"], LayerCache | None]:
        """The attention layer's output, and its cache with the new tokens.

        Args:
            x: hidden states of the new tokens.
            context: rotary tables, positions and mask, which all layers share.
            cache: the layer's keys and values of the earlier tokens; None without a cache.

        Returns:
            The output, projected back to the model's width, and the cache.
        """
        query, key = self.query_key(x, context)
        value = self._heads(self.v_proj(x))
        if cache is not None:
            cache = write(cache, key, value, context.position)
        if cache is None or context.from_start:
            out = grouped_query_attention(query, key, value, context.mask)
        else:
            out = cached_attention(query, cache, context.mask)
        return self.o_proj(out.reshape(*x.shape[:2], -1)), cache

    def query_key(
        self, x: Float[Array, "batch time hidden_size"], context: Context
    ) -> tuple[
        Float[Array, "batch time num_heads head_dim"],
        Float[Array, "batch time num_kv_heads head_dim"],
    ]:
        """Queries and keys, each head turned by its position.

        Args:
            x: hidden states of the new tokens.
            context: rotary tables, which all layers share.

        Returns:
            Queries of H heads and keys of K heads.
        """
        query, key = self._heads(self.q_proj(x)), self._heads(self.k_proj(x))
        return rotate(query, context.rotary), rotate(key, context.rotary)

    def _heads(self, x: Array) -> Array:
        return x.reshape(*x.shape[:2], -1, self.head_dim)


class FeedForward(nnx.Module):
    """SwiGLU: down(silu(gate(x)) * up(x)). Source: Shazeer, arXiv 2002.05202."""

    def __init__(self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> None:
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = make_linear(hidden, inner, rngs=rngs, dtype=dtype)
        self.up_proj = make_linear(hidden, inner, rngs=rngs, dtype=dtype)
        self.down_proj = make_linear(inner, hidden, rngs=rngs, dtype=dtype)

    def __call__(
        self, x: Float[Array, "batch time hidden_size"]
    ) -> Float[Array, "batch time hidden_size"]:
        """The layer's output, token by token."""
        return self.down_proj(jax.nn.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nnx.Module):
    """Pre-norm residual block: x + attention(norm(x)), then x + feed_forward(norm(x))."""

    def __init__(self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> None:
        self.attention_norm = make_norm(config, rngs=rngs, dtype=dtype)
        self.attention = Attention(config, rngs=rngs, dtype=dtype)
        self.feed_forward_norm = make_norm(config, rngs=rngs, dtype=dtype)
        self.feed_forward = FeedForward(config, rngs=rngs, dtype=dtype)

    def __call__(
        self, x: Float[Array, "batch time hidden_size"], context: Context, cache: LayerCache | None
    ) -> tuple[Float[Array, "batch time hidden_size"], LayerCache | None]:
        """The hidden states after attention and feed-forward, and the cache with the new tokens.

        Args:
            x: hidden states of the new tokens.
            context: rotary tables, positions and mask, which all layers share.
            cache: the layer's keys and values of the earlier tokens; None without a cache.

        Returns:
            The new hidden states, and the cache.
        """
        out, cache = self.attention(self.attention_norm(x), context, cache)
        x = x + out
        return x + self.feed_forward(self.feed_forward_norm(x)), cache


def make_linear(
    features_in: int, features_out: int, *, rngs: nnx.Rngs, dtype: DTypeLike, use_bias: bool = False
) -> nnx.Linear:
    """A linear layer with random weights.

    Args:
        features_in: width of its input.
        features_out: width of its output.
        rngs: seeds the weights.
        dtype: of weights and products.
        use_bias: add a bias, which starts at zero.

    Returns:
        The layer.
    """
    return nnx.Linear(
        features_in, features_out, use_bias=use_bias, dtype=dtype, param_dtype=dtype, rngs=rngs
    )


def make_norm(config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> nnx.RMSNorm:
    """An RMSNorm over the model's width.

    Args:
        config: gives the width and epsilon.
        rngs: not used: the scale starts at one.
        dtype: of scale and output.

    Returns:
        The layer.
    """
    return nnx.RMSNorm(
        config.hidden_size, epsilon=config.norm_eps, dtype=dtype, param_dtype=dtype, rngs=rngs
    )
