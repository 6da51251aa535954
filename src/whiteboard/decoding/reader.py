"""Prompts that begin alike, read once: the passages; then each ending is answered from there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from whiteboard.architecture.padded_rows import bucket, pad_rows
from whiteboard.lm.context import Cache
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import check_prompts, decode_step, empty_cache, prefill
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.text_stream import TextStream


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

        Args:
            model: reads, and later answers.
            prompts: token ids of each prompt.
            room: tokens that may follow each prompt: another ending, and an answer.

        Returns:
            The reader with the prompts in its cache.

        Raises:
            ValueError: for a prompt that is empty, or with its room too long for the model.
        """
        check_prompts(model.config, prompts, room)
        longest, limit = max(map(len, prompts)), model.config.max_length
        tokens, length = pad_rows(prompts, bucket(longest, limit))
        slots = bucket(tokens.shape[1] + room, limit)
        cache = empty_cache(model.decoder, batch=len(prompts), slots=slots)
        _, cache = prefill(flat(model.decoder), tokens, length, cache)
        return cls(model, tuple(map(tuple, prompts)), cache)

    def steps(
        self, prompts: Sequence[Sequence[int]], most: int
    ) -> Generator[Float[np.ndarray, "prompts vocab_size"], Sequence[int], None]:
        """Logits after each prompt; then, for the tokens that are sent, those after them.

        Args:
            prompts: token ids, one in the place of each prompt that was read; what both begin with
                is not read again.
            most: number of times that tokens will be sent.

        Yields:
            Logits of the next token, one row a prompt.

        Raises:
            ValueError: for an empty prompt, or when there is no room for them.
        """
        check_prompts(self.model.config, prompts, most)
        common = [_common(*pair) for pair in zip(self.tokens, prompts, strict=True)]
        rows = [row[at:] for row, at in zip(prompts, common, strict=True)]
        slots, longest = self.cache[0].slots, max(map(len, rows))
        ends = [len(prompt) + most for prompt in prompts]
        if (needed := max(*ends, max(common) + longest)) > slots:
            raise ValueError(f"room: {slots} slots, and these prompts need {needed}")
        rest, length = pad_rows(rows, bucket(longest, slots - max(common)))
        decoder, position = flat(self.model.decoder), np.array(common, np.int32)
        own = jax.tree.map(jnp.copy, self.cache)  # other endings start from this one too
        logits, cache = prefill(decoder, rest, length, own, position)
        for step in range(most):
            token = np.array((yield np.asarray(logits)), np.int32)
            logits, cache = decode_step(decoder, token, position + length + step, cache)
        yield np.asarray(logits)

    def write(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int = 48) -> list[str]:
        """The greedy answer to each prompt, as `LanguageModel.chat` gives it.

        Args:
            prompts: token ids, one in the place of each prompt that was read.
            max_new_tokens: most tokens of an answer.

        Returns:
            One answer a prompt.
        """
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


def _common(read: Sequence[int], prompt: Sequence[int]) -> int:
    """How many tokens both begin with; the prompt's last is read again, for its logits."""
    pairs = zip(read, prompt[:-1])
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(read), len(prompt) - 1))
