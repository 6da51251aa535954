"""Prefill, then one token at a time: the loop under every answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.architecture.kv_cache import init_cache
from whiteboard.architecture.padded_rows import bucket, pad_rows
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Cache
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.flat import flat
from whiteboard.lm.sampling import Sampling


# jax.jit, not nnx.jit: a module is a pytree, and nnx.jit would copy every weight out at each call.
@partial(jax.jit, donate_argnames="cache")
def prefill(
    decoder: Decoder,
    tokens: Int[Array, "batch time"],
    length: Int[Array, "batch"],
    cache: Cache,
    position: Int[Array, "batch"] | None = None,
) -> tuple[Float[Array, "batch vocab_size"], Cache]:
    """Read prompts, or the rest of prompts that begin in the cache.

    Args:
        decoder: reads.
        tokens: ids, padded at the end.
        length: how many of each row are real.
        cache: is used up: its memory holds the new one.
        position: slot of each row's first token, after what the cache holds; without it the
            tokens start at slot 0, and nothing in the cache is looked at.

    Returns:
        The logits after each row's last real token, and the cache written.
    """
    hidden, cache = decoder.hidden(tokens, cache=cache, position=position)
    last = jnp.take_along_axis(hidden, (length - 1)[:, None, None], axis=1)
    return decoder.unembed(last)[:, 0], cache


@partial(jax.jit, donate_argnames="cache")
def decode_step(
    decoder: Decoder, token: Int[Array, "batch"], position: Int[Array, "batch"], cache: Cache
) -> tuple[Float[Array, "batch vocab_size"], Cache]:
    """Feed one token a row, at its own position.

    Args:
        decoder: read only.
        token: id of each row's newest token.
        position: slot of that token: the tokens before it in its row.
        cache: keys and values of the earlier tokens.

    Returns:
        The logits of the next token, and the cache with the new one in it.
    """
    logits, cache = decoder(token[:, None], cache=cache, position=position)
    return logits[:, 0], cache


def empty_cache(decoder: Decoder, *, batch: int, slots: int) -> Cache:
    """A cache of this decoder's shape and dtype.

    Args:
        decoder: gives layers, heads, width and dtype.
        batch: rows, one sequence each.
        slots: most tokens that a row can cache.

    Returns:
        One cache a layer, all zeros.
    """
    config = decoder.config
    return init_cache(
        num_layers=config.num_layers,
        batch=batch,
        num_kv_heads=config.num_kv_heads,
        slots=slots,
        head_dim=config.head_dim,
        dtype=decoder.embed.embedding.dtype,
    )


def generate_tokens(
    decoder: Decoder,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    sampling: Sampling,
) -> Iterator[Int[np.ndarray, "batch"]]:
    """The next token of every prompt, `max_new_tokens` times; stop early by not asking.

    Prompts may differ in length: they are padded at the end, where no real token looks.

    Args:
        decoder: read only.
        prompts: token ids of each prompt.
        max_new_tokens: most tokens of an answer.
        sampling: how a token is chosen by the logits.

    Yields:
        One token id a row, for each step.

    Raises:
        ValueError: for an empty prompt, an unknown token, or more tokens than the model's context.
    """
    check_prompts(decoder.config, prompts, max_new_tokens)
    longest, limit = max(map(len, prompts)), decoder.config.max_length
    padded, length = pad_rows(prompts, bucket(longest, limit))
    slots = max(padded.shape[1], bucket(longest + max_new_tokens, limit))
    cache = empty_cache(decoder, batch=len(prompts), slots=slots)
    decoder = flat(decoder)
    logits, cache = prefill(decoder, padded, length, cache)
    for step in range(max_new_tokens):
        token = sampling.choose(logits, step)
        yield np.asarray(token)
        if step + 1 < max_new_tokens:
            logits, cache = decode_step(decoder, token, length + step, cache)


def check_prompts(
    config: DecoderConfig, prompts: Sequence[Sequence[int]], max_new_tokens: int
) -> None:
    """Refuse what cannot be answered, before anything is compiled.

    Args:
        config: gives the vocabulary and the context length.
        prompts: token ids of each prompt.
        max_new_tokens: most tokens of an answer.

    Raises:
        ValueError: no prompt, an empty prompt, an unknown token, or more tokens than the context.
    """
    if max_new_tokens < 1:
        raise ValueError(f"max_new_tokens must be 1 or more, got {max_new_tokens}")
    if not prompts:
        raise ValueError("wanted at least one prompt, got none")
    for number, prompt in enumerate(prompts):
        if not prompt:
            raise ValueError(f"prompt {number} has no tokens: give it at least one character")
        if not 0 <= min(prompt) <= max(prompt) < config.vocab_size:
            raise ValueError(
                f"prompt {number} has tokens {min(prompt)} to {max(prompt)}; "
                f"ids run from 0 to {config.vocab_size - 1}"
            )
        if len(prompt) + max_new_tokens > config.max_length:
            raise ValueError(
                f"prompt {number} has {len(prompt)} tokens; with max_new_tokens={max_new_tokens} "
                f"that is past the context of {config.max_length}: shorten the prompt, or ask for "
                f"at most {max(config.max_length - len(prompt), 0)} tokens"
            )
