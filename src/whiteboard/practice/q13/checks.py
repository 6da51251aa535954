"""The checks of the name of a cached block, and of the order of a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np

from whiteboard.architecture.block_hashes import chain_hashes
from whiteboard.architecture.prompt_layout import lay_out
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect

Hashes = Callable[..., list[bytes]]
TOKENS = [5, 3, 11, 7, 2, 13, 19, 17, 29, 23, 31]  # two blocks of 4, and three tokens more


def _alike(one: Sequence[object], other: Sequence[object]) -> int:
    """How many elements two sequences begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other)))


def equal_beginnings_have_equal_names(hashes: Hashes) -> None:
    """Two prompts of one tenant that share two blocks share two names."""
    a, b = (hashes([*TOKENS[:8], *end], block_size=4, tenant="a") for end in ([1] * 4, [2] * 4))
    shared = _alike(a, b)
    expect(shared == 2, f"8 tokens alike, then 4 others: wanted 2 names alike, got {shared}")


def a_name_covers_all_before_it(hashes: Hashes) -> None:
    """After a different first token no name is the same, though the later tokens are."""
    a, b = (hashes([first, *TOKENS[1:]], block_size=4, tenant="a") for first in (1, 2))
    shared = len(set(a) & set(b))
    expect(not shared, f"first token 1 or 2: wanted no name alike, got {shared}")


def tenants_share_no_name(hashes: Hashes) -> None:
    """The same prompt of two tenants has different names."""
    a, b = (hashes(TOKENS, block_size=4, tenant=tenant) for tenant in ("a", "b"))
    shared = len(set(a) & set(b))
    expect(not shared, f"tenants a and b, one prompt: wanted no name alike, got {shared}")


def only_full_blocks_are_named(hashes: Hashes) -> None:
    """11 tokens in blocks of 4 have two names: the third block will still grow."""
    got = len(hashes(TOKENS, block_size=4, tenant="a"))
    expect(got == 2, f"11 tokens, blocks of 4: wanted 2 names, got {got}")


def tokens_keep_their_borders(hashes: Hashes) -> None:
    """Tokens 1, 23 and tokens 12, 3 are different blocks."""
    a, b = (hashes(tokens, block_size=2, tenant="a") for tokens in ([1, 23], [12, 3]))
    expect(a != b, "blocks [1, 23] and [12, 3]: the name is the same")


def _bytes(hashes: Hashes) -> list[np.ndarray]:
    cases = [(TOKENS, 4, "a"), ([1, *TOKENS[1:], 2], 4, "b"), ([1, 23, 12, 3], 2, "a")]
    names = [hashes(tokens, block_size=size, tenant=who) for tokens, size, who in cases]
    return [np.frombuffer(b"".join(each), "u1") for each in names]


# The second part: the prompt.

Layout = Callable[..., str]
TOOLS = {"search": "find pages", "add": "add two numbers"}
REQUEST = {"tools": TOOLS, "system": "Be brief.", "document": "The manual says: press twice.",
           "now": "2026-11-23 09:15", "question": "How often do I press?"}  # fmt: skip


def _texts() -> list[str]:
    return [str(text) for text in REQUEST.values() if isinstance(text, str)] + list(TOOLS.values())


def _reused(layout: Layout, given: str, **change: object) -> None:
    """Refuses unless everything lasting lies in what both requests begin with."""
    one, other = layout(**REQUEST), layout(**(REQUEST | change))
    shared = one[: _alike(one, other)]
    lasting = [text for text in _texts() if text not in (REQUEST["now"], REQUEST["question"])]
    lost = [text for text in lasting if text not in shared]
    expect(not lost, f"{given}: {len(lost)} of {len(lasting)} lasting texts are not reused")


def everything_is_sent(layout: Layout) -> None:
    """Rules, tools, document, time and question all stand in the prompt."""
    missing = [text for text in _texts() if text not in layout(**REQUEST)]
    expect(not missing, f"not in the prompt: {missing}")


def another_minute_costs_nothing(layout: Layout) -> None:
    """A minute later, rules, tools and document are still what the prompt begins with."""
    _reused(layout, "a minute later", now="2026-11-23 09:16")


def another_question_costs_nothing(layout: Layout) -> None:
    """Rules, tools and document stand before the question."""
    _reused(layout, "another question", question="Why twice?")


def order_of_tools_costs_nothing(layout: Layout) -> None:
    """The same tools in another order give the same prompt."""
    _reused(layout, "tools in another order", tools=dict(reversed(TOOLS.items())))


EXERCISES = (
    Exercise.of(
        chain_hashes,
        checks=(
            equal_beginnings_have_equal_names,
            a_name_covers_all_before_it,
            tenants_share_no_name,
            only_full_blocks_are_named,
            tokens_keep_their_borders,
        ),
        probe=_bytes,
    ),
    Exercise.of(
        lay_out,
        checks=(
            everything_is_sent,
            another_minute_costs_nothing,
            another_question_costs_nothing,
            order_of_tools_costs_nothing,
        ),
        probe=lambda layout: np.frombuffer(layout(**REQUEST).encode(), "u1"),
    ),
)
