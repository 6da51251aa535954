"""The language model of every page: a Llama-style decoder in Flax NNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int

from whiteboard.architecture.grouped_query_attention import (
    cached_attention,
    grouped_query_attention,
)
from whiteboard.architecture.kv_cache import LayerCache, write
from whiteboard.architecture.rope import rotate
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Cache, Context

Observer = Callable[["DecoderLayer", Array, Array], None]
"""Called by `Decoder.hidden` after each layer: with the layer, what it read and what it wrote."""


class Attention(nnx.Module):
    """Grouped-query self-attention with rotary positions."""

    def __init__(self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> None:
        def linear(features_in: int, features_out: int, use_bias: bool) -> nnx.Linear:
            return _linear(features_in, features_out, use_bias=use_bias, rngs=rngs, dtype=dtype)

        width, kv_width = (n * config.head_dim for n in (config.num_heads, config.num_kv_heads))
        self.head_dim = config.head_dim
        self.q_proj = linear(config.hidden_size, width, config.qkv_bias)
        self.k_proj = linear(config.hidden_size, kv_width, config.qkv_bias)
        self.v_proj = linear(config.hidden_size, kv_width, config.qkv_bias)
        self.o_proj = linear(width, config.hidden_size, False)

    def __call__(
        self, x: Float[Array, "batch time hidden_size"], context: Context, cache: LayerCache | None
    ) -> tuple[Float[Array, "batch time hidden_size"], LayerCache | None]:
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
        """Queries and keys, each head turned by its position."""
        query, key = self._heads(self.q_proj(x)), self._heads(self.k_proj(x))
        return rotate(query, context.rotary), rotate(key, context.rotary)

    def _heads(self, x: Array) -> Array:
        return x.reshape(*x.shape[:2], -1, self.head_dim)


class FeedForward(nnx.Module):
    """SwiGLU: down(silu(gate(x)) * up(x)). Source: Shazeer, arXiv 2002.05202."""

    def __init__(self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> None:
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = _linear(hidden, inner, rngs=rngs, dtype=dtype)
        self.up_proj = _linear(hidden, inner, rngs=rngs, dtype=dtype)
        self.down_proj = _linear(inner, hidden, rngs=rngs, dtype=dtype)

    def __call__(
        self, x: Float[Array, "batch time hidden_size"]
    ) -> Float[Array, "batch time hidden_size"]:
        return self.down_proj(jax.nn.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nnx.Module):
    """Pre-norm residual block: x + attention(norm(x)), then x + feed_forward(norm(x))."""

    def __init__(self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> None:
        self.attention_norm = _norm(config, rngs=rngs, dtype=dtype)
        self.attention = Attention(config, rngs=rngs, dtype=dtype)
        self.feed_forward_norm = _norm(config, rngs=rngs, dtype=dtype)
        self.feed_forward = FeedForward(config, rngs=rngs, dtype=dtype)

    def __call__(
        self, x: Float[Array, "batch time hidden_size"], context: Context, cache: LayerCache | None
    ) -> tuple[Float[Array, "batch time hidden_size"], LayerCache | None]:
        out, cache = self.attention(self.attention_norm(x), context, cache)
        x = x + out
        return x + self.feed_forward(self.feed_forward_norm(x)), cache


class Decoder(nnx.Module):
    """Tokens to logits; one module for the full pass, the prefill and the decode step.

    Args:
        config: the shape.
        rngs: seeds the random weights.
        dtype: of weights and activations. float32 on a CPU, where bfloat16 has no fast path.

    Source: Touvron et al., arXiv 2302.13971; grouped-query attention as in arXiv 2407.21783.
    """

    def __init__(
        self, config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike = jnp.float32
    ) -> None:
        self.config = config
        self.embed = nnx.Embed(
            config.vocab_size,
            config.hidden_size,
            dtype=dtype,
            param_dtype=dtype,
            embedding_init=nnx.initializers.normal(0.02),
            rngs=rngs,
        )
        # A Python loop over layers, not a scan: a scan copies each layer's weights at every step.
        self.layers = nnx.List(
            [DecoderLayer(config, rngs=rngs, dtype=dtype) for _ in range(config.num_layers)]
        )
        self.norm = _norm(config, rngs=rngs, dtype=dtype)
        if not config.tie_embeddings:
            self.head = _linear(config.hidden_size, config.vocab_size, rngs=rngs, dtype=dtype)

    @overload
    def __call__(
        self, tokens: Int[Array, "batch time"], *, position: Int[Array, "batch"] | None = None
    ) -> Float[Array, "batch time vocab_size"]: ...

    @overload
    def __call__(
        self,
        tokens: Int[Array, "batch time"],
        *,
        cache: Cache,
        position: Int[Array, "batch"] | None = None,
    ) -> tuple[Float[Array, "batch time vocab_size"], Cache]: ...

    def __call__(
        self,
        tokens: Int[Array, "batch time"],
        *,
        cache: Cache | None = None,
        position: Int[Array, "batch"] | None = None,
    ) -> (
        Float[Array, "batch time vocab_size"] | tuple[Float[Array, "batch time vocab_size"], Cache]
    ):
        """Logits of the next token at every position; with a cache, also the cache written.

        Args:
            tokens: ids, from 0 to vocab_size - 1.
            cache: buffers of `init_cache`; the new tokens attend to all earlier slots.
            position: slot of each row's first token. Without it the tokens start at slot 0, and
                slots past them are not even looked at.
        """
        if cache is None:
            return self.unembed(self.hidden(tokens, position=position)[0])
        hidden, cache = self.hidden(tokens, cache=cache, position=position)
        return self.unembed(hidden), cache

    def hidden(
        self,
        tokens: Int[Array, "batch time"],
        *,
        cache: Cache | None = None,
        position: Int[Array, "batch"] | None = None,
        context: Context | None = None,
        observe: Observer | None = None,
    ) -> tuple[Float[Array, "batch time hidden_size"], Cache]:
        """The normalised residual stream after the last layer: the one loop over the layers.

        Args:
            tokens: ids, from 0 to vocab_size - 1.
            cache: buffers of `init_cache`.
            position: slot of each row's first token, as for `__call__`.
            context: in the place of `position`: where the tokens stand, and what they look at.
            observe: called after each layer; what it keeps are arrays of this pass.

        Returns:
            The stream, and the cache written: empty without one.

        Raises:
            ValueError: for a position beside a context, which has one.
        """
        if context is None:
            context = Context.causal(self.config, tokens, cache, position)
        elif position is not None:
            raise ValueError(
                "wanted a position or a context, got both: give Context.of the position"
            )
        x, written = self.embed(tokens), []
        for number, layer in enumerate(self.layers):
            out, new = layer(x, context, cache[number] if cache else None)
            if new is not None:
                written.append(new)
            if observe is not None:
                observe(layer, x, out)
            x = out
        return self.norm(x), tuple(written)

    def unembed(
        self, hidden: Float[Array, "batch time hidden_size"]
    ) -> Float[Array, "batch time vocab_size"]:
        """Logits: inner products with the embedding table, or with the head of its own."""
        return self.embed.attend(hidden) if self.config.tie_embeddings else self.head(hidden)


def _linear(
    features_in: int, features_out: int, *, rngs: nnx.Rngs, dtype: DTypeLike, use_bias: bool = False
) -> nnx.Linear:
    return nnx.Linear(
        features_in, features_out, use_bias=use_bias, dtype=dtype, param_dtype=dtype, rngs=rngs
    )


def _norm(config: DecoderConfig, *, rngs: nnx.Rngs, dtype: DTypeLike) -> nnx.RMSNorm:
    return nnx.RMSNorm(
        config.hidden_size, epsilon=config.norm_eps, dtype=dtype, param_dtype=dtype, rngs=rngs
    )
