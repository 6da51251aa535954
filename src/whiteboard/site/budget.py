"""The time that a page's blocks and claims may take, and what they took.

It is counted in seconds of processor time, of all cores and of the programs that a block starts:
the clock of a machine that does something else besides says little about the page.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

BUDGET = 90.0
"""Seconds of processor time: 45 s on two cores. See `problem`."""
SLOWEST = 10
"""Pages that the end of a run names."""
NAMED = 3
"""Slow blocks that a message names."""


@dataclass(frozen=True)
class Spent:
    """Time that something took: on the clock, and of all cores together, in seconds."""

    clock: float = 0.0
    processor: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.processor + other.processor)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.processor - other.processor)


def so_far() -> Spent:
    """What this process and those that it has waited for have spent: take two, and subtract."""
    times = os.times()
    children = times.children_user + times.children_system
    return Spent(time.perf_counter(), time.process_time() + children)


def problem(place: str, spent: Mapping[str, Spent]) -> str:
    """What is wrong with the time that a page took; empty when it is within its budget.

    A page that takes more than 45 s on two idle cores takes too long. What two cores do in that
    time, 90 s of processor time, is what fails here: a page above it is too slow on any machine,
    however busy this one is.

    Args:
        place: the page's path.
        spent: what each of its tests took, by a name that says where it is.
    """
    total = sum(spent.values(), Spent())
    if total.processor <= BUDGET:
        return ""
    slow = sorted(spent, key=lambda name: -spent[name].processor)[:NAMED]
    named = ", ".join(f"{name} {spent[name].processor:.1f} s" for name in slow)
    return (
        f"{place}: its code took {total.processor:.0f} s of processor time; wanted at most "
        f"{BUDGET:.0f}, which is 45 s on two cores. The slowest: {named}. Make the sizes smaller, "
        "or move the work to benchmarks/, and read the recorded result on the page"
    )


def slowest(pages: Mapping[str, Spent]) -> Iterator[str]:
    """The lines that name the slowest pages of a run."""
    order: Iterable[str] = sorted(pages, key=lambda place: -pages[place].processor)
    for place in list(order)[:SLOWEST]:
        spent = pages[place]
        times = f"{spent.processor:7.1f} s of {BUDGET:.0f}, {spent.clock:5.1f} s on the clock"
        yield f"{times}  {place}"
