"""A language model as a reranker, untrained for it: how likely a passage makes the query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.architecture.padded_rows import padded_batches
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.flat import flat
from whiteboard.lm.model import LanguageModel
from whiteboard.retrieval.rerankers import span_log_prob

PASSAGE, QUERY = 320, 128
"""Tokens of a passage that are read, and of a query that are allowed."""


# --8<-- [start:query]
def query_log_probs(
    model: LanguageModel, query: str, passages: Sequence[str]
) -> Float[Array, " passages"]:
    """Mean log p a token of the query, after each passage; in nats.

    The query has the same tokens behind every passage, so their sum ranks as their mean does. The
    passage alone is cut.

    Args:
        model: reads passage and query.
        query: text; all of its tokens count.
        passages: texts; each is cut to `PASSAGE` tokens.

    Returns:
        One score a passage, larger is better.

    Raises:
        ValueError: for a query without a token, or one of too many.
    """
    encode = model.tokenizer.encode
    asked = encode(f" {query.strip()}")
    if not query.strip() or len(asked) > QUERY:
        raise ValueError(f"query: wanted 1 to {QUERY} tokens, got {len(asked)}; shorten it")
    cue = encode("\n\nQuestion:")
    rows = [[*encode(passage.strip())[:PASSAGE], *cue, *asked] for passage in passages]
    scores, decoder = np.empty(len(rows), np.float32), flat(model.decoder)
    for numbers, ids, lengths in padded_batches(rows):
        # Rows that only fill the batch begin nowhere in particular: their scores are not read.
        start = np.maximum(lengths - len(asked), 1)
        batch = _query_log_probs(decoder, ids, start, lengths, window=_window(len(asked)))
        scores[numbers] = batch[: len(numbers)]
    return jnp.asarray(scores)


# --8<-- [end:query]


@partial(jax.jit, static_argnames="window")
def _query_log_probs(
    decoder: Decoder,
    ids: Int[Array, "batch time"],
    start: Int[Array, " batch"],
    stop: Int[Array, " batch"],
    *,
    window: int,
) -> Float[Array, " batch"]:
    """Logits are made for the query's tokens alone: of all they would be most of the work."""
    hidden, _ = decoder.hidden(ids)
    # One token before the query, which is not scored, and up to `window` of the query.
    place = jnp.minimum(start[:, None] - 1 + jnp.arange(window + 1)[None], ids.shape[1] - 1)
    states = jnp.take_along_axis(hidden, place[..., None], axis=1)
    tokens = jnp.take_along_axis(ids, place, axis=1)
    return span_log_prob(decoder.unembed(states), tokens, jnp.ones_like(start), stop - start + 1)


def _window(count: int) -> int:
    return next(size for size in (16, 32, 64, QUERY) if size >= count)
