"""A loop that searches until it has enough, or until it must stop, and writes down what it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whiteboard.retrieval.analyze import analyze


# --8<-- [start:state]
@dataclass(frozen=True)
class Budget:
    """What one question may cost. Whoever runs the loop sets it; nothing that is read can.

    Attributes:
        calls: searches, those that were refused among them.
        tokens: that the policy's model reads and writes.
        seconds: by the clock on the wall. A call that has begun is waited for.
    """

    calls: int = 3
    tokens: int = 4000
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if min(self.calls, self.tokens, self.seconds) <= 0:
            raise ValueError(f"budget: wanted more than 0 of everything, got {self}")


@dataclass(frozen=True)
class Move:
    """What the policy wants to search for, and the tokens it took to decide so."""

    query: str
    tokens: int = 0


@dataclass(frozen=True)
class Step:
    """One call, as logged: what was found, how much of it was new, and the grade after it.

    Attributes:
        query: as the policy gave it.
        found: the passages' names, best first.
        new: how many of them were not held before.
        grade: of all that is held.
        tokens: of the policy.
        refused: why the search was not made, or nothing.
    """

    query: str
    found: tuple[str, ...]
    new: int
    grade: float
    tokens: int
    refused: str = ""


@dataclass(frozen=True)
class Trajectory:
    """What a loop did, as data.

    Attributes:
        steps: its calls, in order.
        held: every passage found, in the order of finding.
        stopped: why it ended.
        enough: whether the grade reached what was asked for. If not, the honest answer is: not
            found.
    """

    steps: tuple[Step, ...]
    held: tuple[str, ...]
    stopped: str
    enough: bool


# --8<-- [end:state]

Policy = Callable[[str, Sequence[Step], Sequence[str]], Move | None]


# --8<-- [start:loop]
def search_loop(
    question: str,
    *,
    search: Callable[[str], Sequence[str]],
    policy: Callable[[str, Sequence[Step], Sequence[str]], Move | None],
    grade: Callable[[str, Sequence[str]], float],
    budget: Budget,
    enough: float,
    clock: Callable[[], float] = time.monotonic,
) -> Trajectory:
    """Ask the policy for a query, search, grade what is held; until a rule says stop.

    It stops when the grade reaches `enough`; when a search brings nothing new; when a query comes
    back that was asked before, in whatever order or case its words; when the policy has none; and
    when calls, tokens or seconds are spent. What was found is kept, whatever is found later.

    Args:
        question: the user's question.
        search: function from a query to names of passages, best first. A ValueError is a refusal:
            it is logged, and spends a call.
        policy: function of question, steps so far and passages found; gives the next move, or None
            to stop.
        grade: function of question and passages found; it sees no label.
        budget: calls, tokens and seconds that may be spent.
        enough: grade at which the search stops and the passages are used.
        clock: gives the time in seconds.

    Returns:
        The steps, the passages found, and why it stopped.
    """
    begun, tokens, asked = clock(), 0, set[frozenset[str]]()
    steps: list[Step] = []
    held: dict[str, None] = {}
    while (stopped := _spent(budget, len(steps), tokens, clock() - begun)) is None:
        move = policy(question, tuple(steps), tuple(held))
        if move is None:
            stopped = "nothing left to ask"
            break
        tokens += move.tokens
        words = frozenset(analyze(move.query))
        if tokens > budget.tokens or words in asked:
            stopped = "repeated query" if words in asked else "tokens spent"
            break
        asked.add(words)
        found, refused = _call(search, move.query)
        new = [name for name in found if name not in held]
        held |= dict.fromkeys(new)
        value = grade(question, tuple(held)) if held else 0.0
        steps.append(Step(move.query, found, len(new), value, move.tokens, refused))
        if value >= enough or not (new or refused):
            stopped = "enough" if value >= enough else "no new evidence"
            break
    done = bool(steps) and steps[-1].grade >= enough
    return Trajectory(tuple(steps), tuple(held), stopped, done)


# --8<-- [end:loop]


def _spent(budget: Budget, calls: int, tokens: int, seconds: float) -> str | None:
    used = {"calls": calls, "tokens": tokens, "seconds": seconds}
    return next((f"{name} spent" for name, n in used.items() if n >= getattr(budget, name)), None)


def _call(search: Callable[[str], Sequence[str]], query: str) -> tuple[tuple[str, ...], str]:
    try:
        return tuple(dict.fromkeys(search(query))), ""
    except ValueError as refusal:
        return (), str(refusal)
