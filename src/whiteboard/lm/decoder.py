"""The language model of every page: a Llama-style decoder in Flax NNX."""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int

from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Cache, Context
from whiteboard.lm.layers import DecoderLayer, make_linear, make_norm

Observer = Callable[["DecoderLayer", Array, Array], None]
"""Called by `Decoder.hidden` after each layer: with the layer, what it read and what it wrote."""


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
        self.norm = make_norm(config, rngs=rngs, dtype=dtype)
        if not config.tie_embeddings:
            self.head = make_linear(config.hidden_size, config.vocab_size, rngs=rngs, dtype=dtype)

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
            cache: buffers of `init_cache`; the new tokens attend to all earlier slots. None reads
                the tokens alone.
            position: slot of each row's first token. Without it the tokens start at slot 0, and
                slots past them are not even looked at.

        Returns:
            The logits, before the softmax; with a cache, also the cache after the write.
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
