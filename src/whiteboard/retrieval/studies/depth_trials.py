"""Lists of names and codes, and which line of each is asked for: the trials of a depth sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

# Each is one token of SmolLM2's vocabulary after a space, so that all prompts have one length.
_NAMES = (
    "Adam Alice Andrew Anna Arthur Ben Carl Carol Charles Charlie Clara Daniel David Diana Edward "
    "Ellen Emily Emma Eric Eva Felix Frank George Grace Hannah Harry Helen Henry Hugo Ian Jack "
    "Jacob James Jane John Joseph Julia Karen Kate Kevin Laura Leo Lily Linda Lisa Lucas Lucy "
    "Maria Mark Martin Mary Max Maya Michael Nancy Nina Oliver Oscar Paul Peter Philip Rachel "
    "Robert Rosa Ruth Sam Sarah Simon Sofia Sophie Steve Susan Thomas Tom Victor Walter William"
)
NAMES = tuple(_NAMES.split())
CODES = range(10, 100)  # two digits, each a token of its own


class Trials(NamedTuple):
    """Rows are lists, the independent trials; every depth is asked of every list.

    Attributes:
        names: numbers into `NAMES`, by line.
        codes: the code of each line.
        answers: the line that is asked for at each depth.
    """

    names: Int[np.ndarray, "lists lines"]
    codes: Int[np.ndarray, "lists lines"]
    answers: Int[np.ndarray, "lists depths"]


# --8<-- [start:trials]
def depth_trials(lists: int, lines: int, depths: Sequence[float], *, seed: int = 0) -> Trials:
    """Draw a new list for every trial, and ask it for the line at each depth.

    Depth d from 0 to 1 is line round(d (lines - 1)), from 0. Names and codes are drawn without
    replacement and independently: a name has one code, and no code tells its line. All depths of
    a trial share the list: so they can be paired, and one reading of it serves them all. The same
    seed with fewer lines gives the beginnings of the same lists.

    Args:
        lists: number of trials.
        lines: lines of a list.
        depths: from 0 (first line) to 1 (last line).
        seed: of the draws.

    Returns:
        Names, codes and the line asked for at each depth.

    Raises:
        ValueError: for a depth outside 0 to 1, or for more lines than there are names.
    """
    if not all(0 <= depth <= 1 for depth in depths):
        raise ValueError(f"depths: wanted 0 (first line) to 1 (last), got {list(depths)}")
    if not 1 <= lines <= len(NAMES):
        raise ValueError(f"lines: wanted 1 to {len(NAMES)}, one a name, got {lines}")
    draw = np.random.default_rng(seed)
    names, codes = (
        draw.permuted(np.tile(pool, (lists, 1)), axis=1)[:, :lines]
        for pool in (np.arange(len(NAMES)), np.array(CODES))
    )
    asked = np.rint(np.array(depths) * (lines - 1)).astype(int)
    return Trials(names, codes, np.tile(asked, (lists, 1)))


# --8<-- [end:trials]


@dataclass(frozen=True)
class Template:
    """The words around a list; `{name}` in the head puts the question before it as well."""

    head: str
    ask: str
    line: str = "The secret code of {name} is {code}."

    @property
    def asks_first(self) -> bool:
        """Whether the question stands before the list: then no two questions share a context."""
        return "{name}" in self.head

    def context(self, trials: Trials, row: int, asked: str) -> str:
        """The prompt up to the list's last line.

        Args:
            trials: drawn lists.
            row: number of the list.
            asked: name that the question is about, for templates that ask first.

        Returns:
            Text to be continued by the question, or the answer.
        """
        pairs = zip(trials.names[row], trials.codes[row], strict=True)
        lines = [self.line.format(name=NAMES[name], code=code) for name, code in pairs]
        return self.head.format(name=asked) + "\n".join(lines)


ANSWER = "The secret code of {name} is "
QUESTION = "What is the secret code of {name}?"
CHAT_HEAD = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\n<|im_start|>user\nHere is a list of codes.\n"
)
TEMPLATES = {
    "plain": Template("Here is a list of codes.\n", f"\n\nQuestion: {QUESTION}\nAnswer: {ANSWER}"),
    "chat": Template(CHAT_HEAD, f"\n\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n{ANSWER}"),
    "asked twice": Template(
        f"Question: {QUESTION}\nHere is a list of codes.\n",
        f"\n\nQuestion: {QUESTION}\nAnswer: {ANSWER}",
    ),
}
