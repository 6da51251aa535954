"""A decoder with its tokenizer: text in, text out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, TypeVar, Unpack, cast, overload

from whiteboard.lm import chat_template
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.generate import generate_tokens
from whiteboard.lm.progress import progress
from whiteboard.lm.sampling import Sampling
from whiteboard.lm.text_stream import TextStream
from whiteboard.lm.tokenizer import ByteTokenizer, Tokenizer

T = TypeVar("T")


Conversation = Sequence[Mapping[str, str]]


class Settings(TypedDict, total=False):
    """How to answer; `generate`, `stream` and `chat` take all of these by name.

    Attributes:
        max_new_tokens: the answer ends after so many; 128 unless said.
        stop: a string, or several, that end the answer and are left out of it.
        temperature, top_k, top_p, seed: see `Sampling`; greedy unless said.
    """

    max_new_tokens: int
    stop: str | Sequence[str]
    temperature: float
    top_k: int | None
    top_p: float | None
    seed: int


@dataclasses.dataclass(frozen=True)
class LanguageModel:
    """A decoder and the tokenizer it was trained with.

    An answer is returned alone, without its prompt, end token or stop string. The same seed and
    settings give the same answer to the same prompt.
    """

    decoder: Decoder
    tokenizer: Tokenizer | ByteTokenizer

    @property
    def config(self) -> DecoderConfig:
        """The decoder's shape."""
        return self.decoder.config

    @overload
    def generate(self, prompt: str, **settings: Unpack[Settings]) -> str: ...

    @overload
    def generate(self, prompt: list[str], **settings: Unpack[Settings]) -> list[str]: ...

    def generate(self, prompt: str | list[str], **settings: Unpack[Settings]) -> str | list[str]:
        """Continue a text, or a batch of texts of any lengths.

        Args:
            prompt: text to continue, or a list of texts.
            **settings: how to sample and when to stop; see `Settings`.

        Returns:
            The continuation without the prompt; a list for a list.
        """
        if isinstance(prompt, str):
            return "".join(self.stream(prompt, **settings))
        return self._batch([self.tokenizer.encode(text) for text in prompt], **settings)

    @overload
    def chat(self, messages: Conversation, **settings: Unpack[Settings]) -> str: ...

    @overload
    def chat(self, messages: list[Conversation], **settings: Unpack[Settings]) -> list[str]: ...

    def chat(
        self, messages: Conversation | list[Conversation], **settings: Unpack[Settings]
    ) -> str | list[str]:
        """Answer a conversation, or a batch: [{"role": "user", "content": "..."}, ...].

        Args:
            messages: role and content of each message, or a list of such conversations.
            **settings: how to sample and when to stop; see `Settings`.

        Returns:
            The assistant's next message; a list for a batch.
        """
        if all(isinstance(message, Mapping) for message in messages):
            return "".join(self.stream(cast(Conversation, messages), **settings))
        batch = cast(list[Conversation], messages)
        return self._batch([self._encode(conversation) for conversation in batch], **settings)

    def stream(self, prompt: str | Conversation, **settings: Unpack[Settings]) -> Iterator[str]:
        """The answer piece by piece, each as soon as it can no longer change.

        Args:
            prompt: text to continue, or one conversation to answer.
            **settings: how to sample and when to stop; see `Settings`.

        Returns:
            An iterator of pieces of text, none of them empty.
        """
        return (piece for (piece,) in self._steps([self._encode(prompt)], **settings) if piece)

    def _encode(self, prompt: str | Conversation) -> list[int]:
        if isinstance(prompt, str):
            return self.tokenizer.encode(prompt)
        if isinstance(self.tokenizer, ByteTokenizer):
            raise ValueError("the tiny model was never taught to chat: use generate(text)")
        return chat_template.encode(self.tokenizer, prompt)

    def _batch(self, prompts: list[list[int]], **settings: Unpack[Settings]) -> list[str]:
        return ["".join(pieces) for pieces in zip(*self._steps(prompts, **settings))]

    def _steps(
        self,
        prompts: list[list[int]],
        *,
        max_new_tokens: int = 128,
        stop: str | Sequence[str] = (),
        **sampling: Any,
    ) -> Iterator[list[str]]:
        """The new text of every row, step by step, until all rows are done."""
        stops = [stop] if isinstance(stop, str) else stop
        eos_id = self.tokenizer.eos_id
        rows = [TextStream(self.tokenizer.decode, stop=stops, eos_id=eos_id) for _ in prompts]
        steps = generate_tokens(
            self.decoder, prompts, max_new_tokens=max_new_tokens, sampling=Sampling(**sampling)
        )
        for tokens in _announced(steps):
            yield [row.push(int(token)) for row, token in zip(rows, tokens)]
            if all(row.stopped for row in rows):
                return
        yield [row.finish() for row in rows]


def _announced(steps: Iterator[T]) -> Iterator[T]:
    """Say on a terminal why the first two steps, the ones that compile, take their time."""
    for _ in range(2):
        with progress("Compiling for this length of prompt"):
            step = next(steps, None)
        if step is None:
            return
        yield step
    yield from steps
