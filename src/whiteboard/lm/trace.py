"""The inside of one forward pass, kept by an observer of the layers."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Float, Int

from whiteboard.architecture.grouped_query_attention import attention_weights
from whiteboard.lm.context import Context
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.layers import DecoderLayer


class Trace(NamedTuple):
    """The residual stream and who looked where.

    Attributes:
        hidden: the stream before each layer, and after the last one.
        attention: each layer's weights.
    """

    hidden: list[Float[Array, "batch time hidden_size"]]
    attention: list[Float[Array, "batch num_heads time time"]]


def trace(decoder: Decoder, tokens: Int[Array, "batch time"]) -> Trace:
    """Run the full pass and keep every layer's input and attention weights.

    Args:
        decoder: read only.
        tokens: ids, from 0 to vocab_size - 1.

    Returns:
        What the layers read and wrote; the weights are computed for it once more.
    """
    context = Context.causal(decoder.config, tokens)
    hidden: list[Array] = []
    attention: list[Array] = []

    def keep(layer: DecoderLayer, x: Array, out: Array) -> None:
        query, key = layer.attention.query_key(layer.attention_norm(x), context)
        attention.append(attention_weights(query, key.transpose(0, 2, 3, 1), context.mask))
        hidden[-1:] = x, out  # the next layer reads what this one wrote

    decoder.hidden(tokens, context=context, observe=keep)
    return Trace(hidden, attention)
