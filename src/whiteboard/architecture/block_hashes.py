"""The name of a block of a prompt: a hash of its tokens and of everything before it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np


# --8<-- [start:hashes]
def chain_hashes(tokens: Sequence[int], *, block_size: int, tenant: str) -> list[bytes]:
    """Name each full block of a prompt: h[i] = SHA-256(h[i - 1] + tokens of block i).

    A key and a value depend on all tokens before theirs, so a block may be reused only behind the
    same tokens. h[-1] is the tenant's hash: two tenants have no name in common.

    Args:
        tokens: ids below 2**31.
        block_size: tokens of a block. Tokens after the last full block get no name.
        tenant: who may reuse the block: an organisation, a user, or "" when all trust each other.

    Returns:
        32 bytes for each full block, in order.

    Raises:
        ValueError: for a block of no tokens.

    Source: vLLM's prefix caching, whose cache_salt enters the first block as the tenant does here.
    """
    if block_size < 1:
        raise ValueError(f"block_size must be 1 or more, got {block_size}")
    names, name = [], sha256(tenant.encode()).digest()
    for end in range(block_size, len(tokens) + 1, block_size):
        block = np.asarray(tokens[end - block_size : end], "<i4")
        name = sha256(name + block.tobytes()).digest()
        names.append(name)
    return names


# --8<-- [end:hashes]
