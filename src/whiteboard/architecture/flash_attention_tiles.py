"""Which blocks of keys a block of queries must read, and how large the blocks are."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Int, Shaped


@dataclass(frozen=True)
class Tile:
    """The shape of the work that one program of a kernel does at a time.

    Attributes:
        queries: rows of a block of queries, a power of two of at least 16.
        keys: rows of a block of keys, likewise.
        num_warps: warps of 32 threads that share a program.
        num_stages: how many blocks the compiler loads ahead.
    """

    queries: int
    keys: int
    num_warps: int = 4
    num_stages: int = 2

    def __post_init__(self) -> None:
        for name in ("queries", "keys"):
            size = getattr(self, name)
            if size < 16 or size & (size - 1):
                raise ValueError(f"{name}: wanted a power of two of at least 16, got {size}")


# --8<-- [start:visible]
def visible_blocks(
    query_block: Int[Array, ""] | int, *, tile: Tile, time: int, source: int, causal: bool
) -> tuple[Int[Array, ""] | int, Int[Array, ""] | int]:
    """How many blocks of keys every query of a block sees whole, and how many it must read.

    Blocks before the first number need no mask, those before the second need one, and the rest are
    skipped. Queries are the last positions: query t sees `t + 1 + source - time` keys.

    Args:
        query_block: number of the block of queries, from 0.
        tile: block sizes.
        time: number of queries.
        source: number of keys.
        causal: if False, every query sees every key.

    Returns:
        The end of the blocks seen whole, and the end of the blocks to read, both exclusive.
    """
    if not causal:
        return source // tile.keys, -(-source // tile.keys)
    first = query_block * tile.queries + 1 + source - time
    last = first + tile.queries - 1
    whole = lax.div(jnp.clip(first, 0, source), tile.keys)
    return whole, lax.div(jnp.clip(last, 0, source) + tile.keys - 1, tile.keys)


# --8<-- [end:visible]


def seeing_blocks(
    key_block: Int[Array, ""] | int, *, tile: Tile, time: int, source: int, causal: bool
) -> tuple[Int[Array, ""] | int, Int[Array, ""] | int]:
    """The first block of queries that sees a key of this block, and the first that sees it whole.

    The inverse of `visible_blocks`.

    Args:
        key_block: number of the block of keys, from 0.
        tile: block sizes.
        time: number of queries.
        source: number of keys.
        causal: if False, every query sees every key.

    Returns:
        Two numbers of blocks of queries; those before the first are skipped, those from the second
        on need no mask.
    """
    if not causal:
        return 0, 0
    first = key_block * tile.keys + time - source
    last = first + tile.keys - 1
    some = lax.div(jnp.clip(first, 0, time), tile.queries)
    whole = lax.div(jnp.clip(last, 0, time) + tile.queries - 1, tile.queries)
    return some, whole


def visible(
    query_block: Int[Array, ""] | int,
    key_block: Int[Array, ""] | int,
    *,
    tile: Tile,
    time: int,
    source: int,
    causal: bool,
) -> Bool[Array, "queries keys"]:
    """Which queries of a block see which keys of another.

    Args:
        query_block: number of the block of queries, from 0.
        key_block: number of the block of keys, from 0.
        tile: block sizes.
        time: number of queries.
        source: number of keys; those past it are padding.
        causal: if False, every query sees every key.

    Returns:
        True where a query of the block sees a key of the other.
    """
    shape = (tile.queries, tile.keys)
    row = query_block * tile.queries + lax.broadcasted_iota(jnp.int32, shape, 0)
    column = key_block * tile.keys + lax.broadcasted_iota(jnp.int32, shape, 1)
    inside = column < source
    return inside & (column <= row + source - time) if causal else inside


def pad_time(x: Shaped[Array, "..."], multiple: int, axis: int = 1) -> Shaped[Array, "..."]:
    """`x` with zeros after its last position, up to a multiple of a block.

    Args:
        x: any array.
        multiple: size of a block, in positions.
        axis: axis to pad at its end.

    Returns:
        The padded array; `x` itself when nothing is missing.
    """
    missing = -x.shape[axis] % multiple
    widths = [(0, missing if a == axis else 0) for a in range(x.ndim)]
    return jnp.pad(x, widths) if missing else x
