"""Prompts that begin alike, read once: the passages; then each ending is answered from there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.lm.decoder import Cache, Decoder
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import check_prompts, decode_step, empty_cache, prefill
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.text_stream import TextStream

BLOCK = 64
"""Lengths are rounded up to multiples of this: each one is a compilation."""


# --8<-- [start:reader]
@dataclass(frozen=True)
class Reader:
    """What a model has read: for each of some prompts its tokens, their keys and values.

    Another prompt in the same place pays only for what comes after the tokens it has in common.
    """

    model: LanguageModel
    tokens: tuple[tuple[int, ...], ...]
    cache: Cache

    @classmethod
    def read(
        cls, model: LanguageModel, prompts: Sequence[Sequence[int]], *, room: int = 256
    ) -> Reader:
        """Read the prompts, with room for so many tokens more of an ending and an answer.

        Raises: ValueError for a prompt that is empty, or with its room too long for the model.
        """
        check_prompts(model.config, prompts, room)
        tokens, length = _padded(prompts)
        slots = _blocks(tokens.shape[1] + room)
        cache = empty_cache(model.decoder, batch=len(prompts), slots=slots)
        _, cache = prefill(flat(model.decoder), tokens, length, cache)
        return cls(model, tuple(map(tuple, prompts)), cache)

    def steps(
        self, prompts: Sequence[Sequence[int]], most: int
    ) -> Generator[Float[np.ndarray, "prompts vocab_size"], Sequence[int], None]:
        """Logits after each prompt; then, for the tokens that are sent, those after them.

        Args:
          prompts: one in the place of each that was read.
          most: how often tokens will be sent.

        Raises: ValueError for an empty prompt, or when there is no room for them.
        """
        check_prompts(self.model.config, prompts, most)
        common = [_common(*pair) for pair in zip(self.tokens, prompts, strict=True)]
        rest, length = _padded([row[at:] for row, at in zip(prompts, common, strict=True)])
        position = np.array(common, np.int32)
        needed = int(max(position + np.maximum(rest.shape[1], length + most)))
        if needed > self.cache[0].slots:
            raise ValueError(f"room: {self.cache[0].slots} slots, and these prompts need {needed}")
        decoder = flat(self.model.decoder)
        logits, cache = _go_on(decoder, rest, length, position, self.cache)
        for step in range(most):
            token = np.array((yield np.asarray(logits)), np.int32)
            logits, cache = decode_step(decoder, token, position + length + step, cache)
        yield np.asarray(logits)

    def write(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int = 48) -> list[str]:
        """The greedy answer to each prompt, as `LanguageModel.chat` gives it."""
        tokenizer = self.model.tokenizer
        rows = [TextStream(tokenizer.decode, stop=(), eos_id=tokenizer.eos_id) for _ in prompts]
        pieces, steps = [""] * len(rows), self.steps(prompts, max_new_tokens)
        logits = next(steps)
        for _ in range(max_new_tokens):
            tokens = logits.argmax(-1).tolist()
            pieces = [p + row.push(token) for p, row, token in zip(pieces, rows, tokens)]
            if all(row.stopped for row in rows):
                break
            logits = steps.send(tokens)
        return [piece + row.finish() for piece, row in zip(pieces, rows, strict=True)]


# --8<-- [end:reader]


@jax.jit  # the cache is not donated: other endings start from it too
def _go_on(
    decoder: Decoder,
    tokens: Int[Array, "batch time"],
    length: Int[Array, " batch"],
    position: Int[Array, " batch"],
    cache: Cache,
) -> tuple[Float[Array, "batch vocab_size"], Cache]:
    hidden, cache = decoder.hidden(tokens, cache=cache, position=position)
    last = jnp.take_along_axis(hidden, (length - 1)[:, None, None], axis=1)
    return decoder.unembed(last)[:, 0], cache


def _common(read: Sequence[int], prompt: Sequence[int]) -> int:
    """How many tokens both begin with; the prompt's last is read again, for its logits."""
    pairs = zip(read, prompt[:-1])
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(read), len(prompt) - 1))


def _padded(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    length = np.array([len(row) for row in rows], np.int32)
    tokens = np.zeros((len(rows), _blocks(int(max(length)))), np.int32)
    for place, row in zip(tokens, rows, strict=True):
        place[: len(row)] = row
    return tokens, length


def _blocks(length: int) -> int:
    return -(-length // BLOCK) * BLOCK
