"""The decoder on packed rows: each document as if it were alone."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.architecture.packing import Packed, document_mask, positions_in_documents
from whiteboard.architecture.rope_scaling import scaled_rotary_tables
from whiteboard.lm.decoder import Context, Decoder
from whiteboard.training.step import next_token_loss


# --8<-- [start:packed]
def packed_logits(
    decoder: Decoder, tokens: Int[Array, "batch time"], documents: Int[Array, "batch time"]
) -> Float[Array, "batch time vocab_size"]:
    """Logits of the next token; positions and attention begin anew with each document.

    Args:
      decoder: read only.
      tokens: ids of several documents a row.
      documents: the number of each token's document; see `pack`.
    """
    shape, place = decoder.config, positions_in_documents(documents)
    rotary = scaled_rotary_tables(place, shape.head_dim, shape.rope_theta, shape.rope_scaling)
    context = Context(jnp.zeros(len(tokens), jnp.int32), rotary, document_mask(documents), True)
    x = decoder.embed(tokens)
    for layer in decoder.layers:
        x, _ = layer(x, context, None)
    return decoder.unembed(decoder.norm(x))


def packed_loss(decoder: Decoder, batch: Packed) -> Float[Array, ""]:
    """Mean loss in nats over the counted tokens of all documents of a batch."""
    tokens, documents, counted = (jnp.asarray(part) for part in batch)
    return next_token_loss(packed_logits(decoder, tokens, documents), tokens, counted)


# --8<-- [end:packed]
