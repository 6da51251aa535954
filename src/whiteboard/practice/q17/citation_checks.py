"""The checks of citation precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect
from whiteboard.retrieval.rag_metrics import Cited, citation_precision

Function = Callable[..., float]

# A passage says letters, and entails a statement of letters that it has.
PASSAGES = ("a", "b", "ab", "c")
ANSWER = (Cited("ab", (0, 1)), Cited("a", (0, 3)), Cited("b", (0,)), Cited("ab", (2, 0)))


def by_letters(pairs: Sequence[tuple[str, str]]) -> list[bool]:
    """Whether the text has all letters of the statement."""
    return [set(statement) <= set(text) for text, statement in pairs]


def follows_alces_definition(metric: Function) -> None:
    """Seven citations: two halves, one idle, one wrong, one idle beside a whole."""
    got = float(metric(ANSWER, PASSAGES, by_letters))
    expect(abs(got - 4 / 7) < 1e-6, f"7 citations, 4 of use: wanted 0.571, got {got:.3f}")


def two_halves_count_together(metric: Function) -> None:
    """A statement that follows from two passages only together needs both."""
    got = float(metric((Cited("ab", (0, 1)),), PASSAGES, by_letters))
    expect(got == 1, f"two halves of one statement: wanted 1, got {got:g}")


def an_idle_citation_does_not_count(metric: Function) -> None:
    """A passage that says nothing of the statement, beside one that supports it."""
    got = float(metric((Cited("a", (0, 3)),), PASSAGES, by_letters))
    expect(got == 0.5, f"one that supports and one that is idle: wanted 0.5, got {got:g}")


EXERCISES = (
    Exercise.of(
        citation_precision,
        checks=(
            follows_alces_definition,
            two_halves_count_together,
            an_idle_citation_does_not_count,
        ),
        probe=lambda metric: metric(ANSWER, PASSAGES, by_letters),
    ),
)
