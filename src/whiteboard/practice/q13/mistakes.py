"""Known wrong names of a cached block, and wrong orders of a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np

from whiteboard.architecture.block_hashes import chain_hashes
from whiteboard.architecture.prompt_layout import lay_out
from whiteboard.practice.core import Variant
from whiteboard.practice.q13 import checks


def hash_without_parent(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    """a block is reused behind another beginning: fluent answers to somebody else's prompt"""
    starts = range(0, len(tokens) - block_size + 1, block_size)
    blocks = [tokens[start : start + block_size] for start in starts]
    return [chain_hashes(b, block_size=block_size, tenant=tenant)[0] for b in blocks]


def shared_across_tenants(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    """a fast answer tells one customer what another has sent"""
    return chain_hashes(tokens, block_size=block_size, tenant="")


def whole_prompt_in_each_name(
    tokens: Sequence[int], *, block_size: int, tenant: str
) -> list[bytes]:
    """only a prompt that is repeated whole hits; a shared beginning never does"""
    whole = sha256(np.asarray(tokens, "<i4").tobytes()).digest()
    return [
        sha256(name + whole).digest()
        for name in chain_hashes(tokens, block_size=block_size, tenant=tenant)
    ]


def unfinished_block_named(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    """padding is hashed, and perhaps cached, as if it were tokens"""
    padded = [*tokens, *[0] * (-len(tokens) % block_size)]
    return chain_hashes(padded, block_size=block_size, tenant=tenant)


def digits_run_together(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    """two different blocks have one name, now and then"""
    ends = range(block_size, len(tokens) + 1, block_size)
    # The digits of a whole prompt, so the parent is in; the borders are not.
    return [sha256(f"{tenant}/{''.join(map(str, tokens[:e]))}".encode()).digest() for e in ends]


def timestamp_at_the_head(*, now: str, **rest: object) -> str:
    """the first block is new every minute, and every block after it: zero hits"""
    return f"{now}\n{lay_out(now='', **rest)}"  # type: ignore[arg-type]


def question_before_the_document(*, document: str, question: str, **rest: object) -> str:
    """the long document follows what varies, so it is computed each time"""
    return lay_out(document=f"{question}\n\n{document}", question="", **rest)  # type: ignore[arg-type]


def tools_as_they_come(*, tools: Mapping[str, str], system: str, **rest: str) -> str:
    """hits come and go with the order in which a registry happens to list the tools"""
    listed = "\n".join(f"{name}: {text}" for name, text in tools.items())
    return lay_out(tools={}, system=f"{system}\n\n{listed}", **rest)


def time_left_out(*, now: str, **rest: object) -> str:
    """every prompt hits, and the model guesses the date"""
    return lay_out(now="", **rest)  # type: ignore[arg-type]


MISTAKES = (
    # Of `chain_hashes`.
    Variant.of(hash_without_parent, caught_by=[checks.a_name_covers_all_before_it]),
    Variant.of(shared_across_tenants, caught_by=[checks.tenants_share_no_name]),
    Variant.of(whole_prompt_in_each_name, caught_by=[checks.equal_beginnings_have_equal_names]),
    Variant.of(unfinished_block_named, caught_by=[checks.only_full_blocks_are_named]),
    Variant.of(digits_run_together, caught_by=[checks.tokens_keep_their_borders]),
    # Of `lay_out`.
    Variant.of(timestamp_at_the_head, caught_by=[checks.another_minute_costs_nothing]),
    Variant.of(question_before_the_document, caught_by=[checks.another_question_costs_nothing]),
    Variant.of(tools_as_they_come, caught_by=[checks.order_of_tools_costs_nothing]),
    Variant.of(time_left_out, caught_by=[checks.everything_is_sent]),
)
