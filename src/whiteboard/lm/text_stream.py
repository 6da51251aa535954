"""Tokens in, text out: never half a character, never a piece of a stop string."""

from __future__ import annotations

from collections.abc import Callable, Sequence

REPLACEMENT = "\ufffd"  # what a decoder puts for bytes that are no UTF-8 (yet)


class TextStream:
    """Turns one answer's tokens into text that is safe to show as it grows.

    A token may end inside a UTF-8 character, and a stop string may begin in one token and end in
    another; what could still become either is held back.

    Args:
        decode: token ids to text; incomplete UTF-8 becomes the replacement character.
        stop: strings that end the answer and are not part of it.
        eos_id: the token that ends the answer.
    """

    def __init__(
        self,
        decode: Callable[[list[int]], str],
        *,
        stop: Sequence[str] = (),
        eos_id: int | None = None,
    ) -> None:
        if "" in stop:
            raise ValueError("a stop string must have at least one character, got an empty one")
        self.stopped = False
        self._decode, self._stop, self._eos_id = decode, tuple(stop), eos_id
        self._tokens: list[int] = []  # since the last whole character
        self._shown = 0  # characters of theirs already passed on
        self._held = ""  # text that may begin a stop string

    def push(self, token: int) -> str:
        """Take one token; return the text that can no longer change."""
        if self.stopped:
            return ""
        if token == self._eos_id:
            return self.finish()
        self._tokens.append(token)
        text = self._decode(self._tokens)
        partial = text.endswith(REPLACEMENT)
        whole = text[:-1] if partial else text
        new, self._shown = whole[self._shown :], len(whole)
        if not partial:
            self._tokens, self._shown = [], 0
        return self._release(new)

    def finish(self) -> str:
        """The rest, when no token follows; unfinished bytes become the replacement character."""
        if self.stopped:
            return ""
        text = self._release(self._decode(self._tokens)[self._shown :])
        text, self._held, self.stopped = text + self._held, "", True
        return text

    def _release(self, new: str) -> str:
        text = self._held + new
        found = [at for at in map(text.find, self._stop) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that begins `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next(n for n in range(longest, -1, -1) if text.endswith(stop[:n]))
