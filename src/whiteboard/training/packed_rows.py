"""The decoder on packed rows: each document as if it were alone."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.architecture.packing import Packed, document_mask, positions_in_documents
from whiteboard.lm.context import Context
from whiteboard.lm.decoder import Decoder
from whiteboard.training.step import next_token_loss


# --8<-- [start:packed]
def packed_logits(
    decoder: Decoder, tokens: Int[Array, "batch time"], documents: Int[Array, "batch time"]
) -> Float[Array, "batch time vocab_size"]:
    """Logits of the next token; positions and attention begin anew with each document.

    Args:
        decoder: read only.
        tokens: ids, several documents a row.
        documents: number of each token's document, as `pack` gives it.

    Returns:
        Logits at each position, as if each document stood alone in its row.
    """
    place, mask = positions_in_documents(documents), document_mask(documents)
    hidden, _ = decoder.hidden(tokens, context=Context.of(decoder.config, place, mask))
    return decoder.unembed(hidden)


def packed_loss(decoder: Decoder, batch: Packed) -> Float[Array, ""]:
    """Mean loss in nats over the counted tokens of all documents of a batch.

    Args:
        decoder: read only.
        batch: tokens, documents, and which tokens count.

    Returns:
        One number, in nats a token.
    """
    tokens, documents, counted = (jnp.asarray(part) for part in batch)
    return next_token_loss(packed_logits(decoder, tokens, documents), tokens, counted)


# --8<-- [end:packed]
