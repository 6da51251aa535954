"""Decoding confined to what may be said: one of some options, or words of a given list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.architecture.padded_rows import bucket, pad_rows
from whiteboard.architecture.token_log_probs import token_log_probs
from whiteboard.lm.context import Cache
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import decode_step, empty_cache, prefill
from whiteboard.lm.model import LanguageModel

OPTIONS = 6
"""Options are read so many at a time: one compiled shape for any list."""


# --8<-- [start:options]
def option_log_probs(
    model: LanguageModel, prompt: Sequence[int], options: Sequence[str]
) -> Float[Array, " options"]:
    """log p(option | prompt), summed over the option's tokens: which of them it would rather say.

    The prompt is read once; its cache is repeated for the options, which are read side by side.
    A longer option is less likely for its length alone: compare differences between two prompts.

    Args:
        model: reads the prompt and the options.
        prompt: token ids that the options follow.
        options: what may follow, each with the space it begins with, if any.

    Returns:
        One log-probability an option, in nats.

    Raises:
        ValueError: when there is no option, or an empty one.
    """
    rows = [model.tokenizer.encode(option) for option in options]
    if not rows or not all(rows):
        raise ValueError(f"options: wanted one or more texts, none of them empty, got {options!r}")
    longest = -(-max(map(len, rows)) // 8) * 8
    first, cache = _read(model, prompt, longest)
    decoder, found = flat(model.decoder), []
    for start in range(0, len(rows), OPTIONS):
        some = rows[start : start + OPTIONS]
        tokens, lengths = pad_rows(some, longest, batch=OPTIONS)
        position = np.full(OPTIONS, len(prompt), np.int32)
        found.append(_after(decoder, first, cache, position, tokens, lengths)[: len(some)])
    return jnp.concatenate(found)


@jax.jit
def _after(
    decoder: Decoder,
    first: Float[Array, "1 vocab_size"],
    cache: Cache,
    position: Int[Array, " options"],
    tokens: Int[Array, "options time"],
    lengths: Int[Array, " options"],
) -> Float[Array, " options"]:
    """The sum of each option's log-probabilities, after one reading of the prompt."""
    many = jax.tree.map(lambda part: jnp.repeat(part, len(tokens), axis=0), cache)
    logits, _ = decoder(tokens, cache=many, position=position)
    start = jnp.broadcast_to(first[:, None], (len(tokens), 1, first.shape[-1]))
    each = token_log_probs(jnp.concatenate([start, logits[:, :-1]], axis=1), tokens)
    return each.sum(axis=1, where=jnp.arange(tokens.shape[1])[None] < lengths[:, None])


# --8<-- [end:options]


# --8<-- [start:words]
def write_confined(
    model: LanguageModel, prompt: Sequence[int], words: Sequence[str], *, max_words: int = 4
) -> tuple[str, int]:
    """The likeliest next word of a list, greedily, token by token; then the next, none twice.

    Tokens that do not continue a word of the list get no chance: the text can hold nothing else.
    It ends where the model would rather end its turn than begin another word, or after `max_words`.

    Args:
        model: writes.
        prompt: token ids that the words follow.
        words: what may be written, each at most once.
        max_words: most words to write.

    Returns:
        The words with spaces between, and how many tokens were decoded.

    Raises:
        ValueError: for an empty list.
    """
    left = {word: tuple(model.tokenizer.encode(f" {word}")) for word in words if word.strip()}
    if not left:
        raise ValueError("words: wanted one or more that are not blank")
    most = max_words * max(map(len, left.values()))
    logits, cache = _read(model, prompt, most)
    decoder, position = flat(model.decoder), len(prompt)
    written: list[str] = []
    part: tuple[int, ...] = ()
    for _ in range(most):
        ends = model.tokenizer.eos_id if written and not part else None
        token = _best(np.asarray(logits[0]), _allowed(left, part), ends)
        if token == ends:
            break
        part = (*part, token)
        word = next((w for w, ids in left.items() if ids == part), None)
        # A word that another one goes on from ends here: the shorter of the two is taken.
        if word is not None:
            written.append(word)
            del left[word]
            part = ()
        position += 1
        if len(written) == max_words or not left:
            break
        logits, cache = decode_step(
            decoder, np.array([token]), np.array([position - 1], np.int32), cache
        )
    return " ".join(written), position - len(prompt)


# --8<-- [end:words]


def _allowed(words: Mapping[str, tuple[int, ...]], part: tuple[int, ...]) -> set[int]:
    """The tokens that go on from a part of a word to some word."""
    at = len(part)
    return {ids[at] for ids in words.values() if len(ids) > at and ids[:at] == part}


def _best(logits: np.ndarray, allowed: set[int], ends: int | None) -> int:
    choices = sorted(allowed if ends is None else {*allowed, ends})
    return choices[int(np.argmax(logits[choices]))]


def _read(
    model: LanguageModel, prompt: Sequence[int], more: int
) -> tuple[Float[Array, "1 vocab_size"], Cache]:
    """The logits after a prompt, and its cache with room for more."""
    limit = model.config.max_length
    if not prompt or len(prompt) + more > limit:
        raise ValueError(f"prompt: wanted 1 to {limit - more} tokens, got {len(prompt)}")
    tokens, length = pad_rows([prompt], bucket(len(prompt), limit))
    cache = empty_cache(model.decoder, batch=1, slots=bucket(tokens.shape[1] + more, limit))
    return prefill(flat(model.decoder), tokens, length, cache)
