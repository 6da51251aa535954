"""Question 13: the name of a cached block, the order of a prompt, and the ways they go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import takewhile

import numpy as np

from whiteboard.architecture.block_hashes import chain_hashes
from whiteboard.architecture.prompt_layout import lay_out
from whiteboard.practice.core import Check, Exercise, Variant
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


# The mistakes, each in the right function's place.


def hash_without_parent(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    starts = range(0, len(tokens) - block_size + 1, block_size)
    blocks = [tokens[start : start + block_size] for start in starts]
    return [chain_hashes(b, block_size=block_size, tenant=tenant)[0] for b in blocks]


def shared_across_tenants(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    return chain_hashes(tokens, block_size=block_size, tenant="")


def whole_prompt_in_each_name(
    tokens: Sequence[int], *, block_size: int, tenant: str
) -> list[bytes]:
    whole = sha256(np.asarray(tokens, "<i4").tobytes()).digest()
    return [
        sha256(name + whole).digest()
        for name in chain_hashes(tokens, block_size=block_size, tenant=tenant)
    ]


def unfinished_block_named(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    padded = [*tokens, *[0] * (-len(tokens) % block_size)]
    return chain_hashes(padded, block_size=block_size, tenant=tenant)


def digits_run_together(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    ends = range(block_size, len(tokens) + 1, block_size)
    # The digits of a whole prompt, so the parent is in; the borders are not.
    return [sha256(f"{tenant}/{''.join(map(str, tokens[:e]))}".encode()).digest() for e in ends]


def _bytes(hashes: Hashes) -> list[np.ndarray]:
    cases = [(TOKENS, 4, "a"), ([1, *TOKENS[1:], 2], 4, "b"), ([1, 23, 12, 3], 2, "a")]
    names = [hashes(tokens, block_size=size, tenant=who) for tokens, size, who in cases]
    return [np.frombuffer(b"".join(each), "u1") for each in names]


NAMES = Exercise(
    question=13,
    right=chain_hashes,
    checks=(
        Check(equal_beginnings_have_equal_names),
        Check(a_name_covers_all_before_it),
        Check(tenants_share_no_name),
        Check(only_full_blocks_are_named),
        Check(tokens_keep_their_borders),
    ),
    variants=(
        Variant(
            "hash_without_parent",
            "a block is reused behind another beginning: fluent answers to somebody else's prompt",
            hash_without_parent,
            frozenset({"a_name_covers_all_before_it"}),
        ),
        Variant(
            "shared_across_tenants",
            "a fast answer tells one customer what another has sent",
            shared_across_tenants,
            frozenset({"tenants_share_no_name"}),
        ),
        Variant(
            "whole_prompt_in_each_name",
            "only a prompt that is repeated whole hits; a shared beginning never does",
            whole_prompt_in_each_name,
            frozenset({"equal_beginnings_have_equal_names"}),
        ),
        Variant(
            "unfinished_block_named",
            "padding is hashed, and perhaps cached, as if it were tokens",
            unfinished_block_named,
            frozenset({"only_full_blocks_are_named"}),
        ),
        Variant(
            "digits_run_together",
            "two different blocks have one name, now and then",
            digits_run_together,
            frozenset({"tokens_keep_their_borders"}),
        ),
    ),
    probe=_bytes,
)

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


def timestamp_at_the_head(*, now: str, **rest: object) -> str:
    return f"{now}\n{lay_out(now='', **rest)}"  # type: ignore[arg-type]


def question_before_the_document(*, document: str, question: str, **rest: object) -> str:
    return lay_out(document=f"{question}\n\n{document}", question="", **rest)  # type: ignore[arg-type]


def tools_as_they_come(*, tools: Mapping[str, str], system: str, **rest: str) -> str:
    listed = "\n".join(f"{name}: {text}" for name, text in tools.items())
    return lay_out(tools={}, system=f"{system}\n\n{listed}", **rest)


def time_left_out(*, now: str, **rest: object) -> str:
    return lay_out(now="", **rest)  # type: ignore[arg-type]


LAYOUT = Exercise(
    question=13,
    right=lay_out,
    checks=(
        Check(everything_is_sent),
        Check(another_minute_costs_nothing),
        Check(another_question_costs_nothing),
        Check(order_of_tools_costs_nothing),
    ),
    variants=(
        Variant(
            "timestamp_at_the_head",
            "the first block is new every minute, and every block after it: zero hits",
            timestamp_at_the_head,
            frozenset({"another_minute_costs_nothing"}),
        ),
        Variant(
            "question_before_the_document",
            "the long document follows what varies, so it is computed each time",
            question_before_the_document,
            frozenset({"another_question_costs_nothing"}),
        ),
        Variant(
            "tools_as_they_come",
            "hits come and go with the order in which a registry happens to list the tools",
            tools_as_they_come,
            frozenset({"order_of_tools_costs_nothing"}),
        ),
        Variant(
            "time_left_out",
            "every prompt hits, and the model guesses the date",
            time_left_out,
            frozenset({"everything_is_sent"}),
        ),
    ),
    probe=lambda layout: np.frombuffer(layout(**REQUEST).encode(), "u1"),
)
EXERCISES = (NAMES, LAYOUT)
