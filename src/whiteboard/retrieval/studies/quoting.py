"""Real passages in a prompt: how likely the model is to quote the one that answers."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.architecture.padded_rows import bucket, pad_rows
from whiteboard.architecture.token_log_probs import token_log_probs
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.flat import flat
from whiteboard.lm.model import LanguageModel

LONGEST = 48  # tokens of the quotation that count


def quote_log_prob(
    model: LanguageModel, passages: Sequence[str], question: str, quotation: str
) -> float:
    """Mean log p a token of the quotation, after the passages and the question; in nats.

    It needs no judge: a model that found the passage can copy from it.

    Args:
        model: reads, with its tokenizer.
        passages: texts in the order of the prompt; none for a prompt without documents.
        question: text of the question.
        quotation: words that answer; the first `LONGEST` tokens of them count.

    Returns:
        A mean log-probability, larger is better.

    Raises:
        ValueError: for an empty quotation, or a prompt that leaves no room for it.
    """
    encode = model.tokenizer.encode
    shown = "".join(f"{passage.strip()}\n\n" for passage in passages)
    prompt = encode(f"{shown}Question: {question}\nAnswer, quoted from the documentation:\n")
    answer = encode(quotation)[:LONGEST]
    room = model.config.max_length - len(prompt) - LONGEST
    if not answer or room < 0:
        raise ValueError(
            f"wanted a quotation after at most {len(prompt) + room} tokens, got one of "
            f"{len(answer)} after {len(prompt)}: give words to quote, and fewer passages"
        )
    size = bucket(len(prompt) + LONGEST, model.config.max_length)
    tokens, _ = pad_rows([prompt + answer], size)
    return float(_mean_log_prob(flat(model.decoder), tokens, len(prompt), len(answer)))


@jax.jit
def _mean_log_prob(
    decoder: Decoder, tokens: Int[Array, "1 time"], start: Int[Array, ""], length: Int[Array, ""]
) -> Float[Array, ""]:
    hidden, _ = decoder.hidden(tokens)
    before = jax.lax.dynamic_slice_in_dim(hidden, start - 1, LONGEST, axis=1)
    targets = jax.lax.dynamic_slice_in_dim(tokens, start, LONGEST, axis=1)
    each = token_log_probs(decoder.unembed(before), targets)[0]
    return each.sum(where=jnp.arange(LONGEST) < length) / length
