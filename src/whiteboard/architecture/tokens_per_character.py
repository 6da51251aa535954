"""What a vocabulary costs: tokens per character by script, and the places where tokens break."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whiteboard.data import human_rights

Encode = Callable[[str], Sequence[int]]

PROBES = {
    "word": "hello",
    "word after a space": " hello",
    "1234567": "1234567",
    "code, 4 spaces deep": "    for i in range(10):\n        total += x[i]\n",
    "thumbs up": "👍",
    "thumbs up, skin tone": "👍🏽",
    "family of four": "👩‍👩‍👧‍👦",
}
"""Short texts on which vocabularies differ, by what each shows."""


def tokens_per_character(encode: Encode) -> dict[str, float]:
    """Tokens a Unicode character, by language, over one article in 13 languages."""
    return {name: len(encode(text)) / len(text) for name, text in human_rights().items()}


def tokens_against_english(encode: Encode) -> dict[str, float]:
    """Tokens for the same content, by language, as a multiple of English.

    Scripts differ in how much a character says, so this and not the figure per character is what a
    reader of another language pays.
    """
    counts = {name: len(encode(text)) for name, text in human_rights().items()}
    return {name: count / counts["English (Latin)"] for name, count in counts.items()}


def probe_counts(encode: Encode) -> dict[str, int]:
    """Tokens of each of `PROBES`."""
    return {name: len(encode(text)) for name, text in PROBES.items()}
