"""The language model of every page: a Llama-style decoder in Flax NNX."""

from __future__ import annotations

from typing import NamedTuple, overload

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.grouped_query_attention import (
    attention_weights,
    cached_attention,
    grouped_query_attention,
)
from whiteboard.architecture.kv_cache import LayerCache, valid_mask, write
from whiteboard.architecture.rope import rotate
from whiteboard.architecture.rope_scaling import scaled_rotary_tables
from whiteboard.lm.config import DecoderConfig

Cache = tuple[LayerCache, ...]


class Context(NamedTuple):
    """What all layers of one forward pass share."""

    position: Int[Array, "batch"]
    rotary: tuple[Float[Array, "batch time pairs"], Float[Array, "batch time pairs"]]
    mask: Bool[Array, "batch time slots"]
    from_start: bool  # nothing lies in the cache yet: the tokens need only look at each other


class Trace(NamedTuple):
    """The inside of one forward pass: the residual stream and who looked where."""

    hidden: list[Float[Array, "batch time hidden_size"]]  # before each layer, and after the last
    attention: list[Float[Array, "batch num_heads time time"]]  # of each layer


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
    ) -> tuple[Float[Array, "batch time hidden_size"], Cache]:
        """The normalised residual stream after the last layer, and the cache (empty without)."""
        context = self._context(tokens, cache, position)
        x, written = self.embed(tokens), []
        for number, layer in enumerate(self.layers):
            x, new = layer(x, context, cache[number] if cache else None)
            if new is not None:
                written.append(new)
        return self.norm(x), tuple(written)

    def unembed(
        self, hidden: Float[Array, "batch time hidden_size"]
    ) -> Float[Array, "batch time vocab_size"]:
        """Logits: inner products with the embedding table, or with the head of its own."""
        return self.embed.attend(hidden) if self.config.tie_embeddings else self.head(hidden)

    def trace(self, tokens: Int[Array, "batch time"]) -> Trace:
        """Run the full pass and keep every layer's input and attention weights."""
        context = self._context(tokens, None, None)
        hidden, attention = [self.embed(tokens)], []
        for layer in self.layers:
            query, key = layer.attention.query_key(layer.attention_norm(hidden[-1]), context)
            attention.append(attention_weights(query, key.transpose(0, 2, 3, 1), context.mask))
            hidden.append(layer(hidden[-1], context, None)[0])
        return Trace(hidden, attention)

    def _context(self, tokens: Array, cache: Cache | None, position: Array | None) -> Context:
        batch, time = tokens.shape
        from_start = position is None
        if position is None:
            position = jnp.zeros(batch, jnp.int32)
        place = position[:, None] + jnp.arange(time)[None, :]
        shape = self.config
        rotary = scaled_rotary_tables(place, shape.head_dim, shape.rope_theta, shape.rope_scaling)
        if cache is None or from_start:
            mask = valid_mask(jnp.zeros_like(position), time, time)
        else:
            mask = valid_mask(position, time, cache[0].slots)
        return Context(position, rotary, mask, from_start)


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
