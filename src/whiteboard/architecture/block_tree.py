"""Which blocks of a KV pool hold which prefixes, who uses them, and which goes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Node:
    """A cached block: one edge of the tree of prefixes, from its parent's end to its own.

    Attributes:
        block: its place in the pool.
        parent: name of the block before it; None for the first of a prompt.
        users: requests that hold it now.
        children: cached blocks that continue it.
    """

    block: int
    parent: bytes | None
    users: int = 0
    children: int = 0


@dataclass
class BlockTree:
    """A radix tree of prefixes whose edges are blocks, with reference counts and LRU eviction.

    A chained hash names the whole path from the root, so all nodes lie in one dict and a prompt is
    matched by one look-up a block. A request holds every block of its path, so no block that is in
    use, nor one before it, is given away.

    Attributes:
        blocks: places of the pool.

    Source: SGLang's RadixAttention, arXiv 2312.07104; the queue is vLLM's.
    """

    blocks: int
    nodes: dict[bytes, Node] = field(default_factory=dict)
    evictions: int = 0

    def __post_init__(self) -> None:
        if self.blocks < 1:
            raise ValueError(f"a pool needs at least one block, got {self.blocks}")
        self._free = list(range(self.blocks))[::-1]
        self._idle: dict[bytes, None] = {}  # no user; next to go first

    # --8<-- [start:tree]
    def acquire(self, names: Sequence[bytes]) -> list[int]:
        """Hold the longest cached beginning of a path; its places in the pool, in order."""
        places = []
        for name in names:
            if name not in self.nodes:
                break
            places.append(self._hold(name))
        return places

    def extend(self, names: Sequence[bytes], held: int) -> tuple[dict[int, int], int]:
        """Cache and hold the path's blocks from number `held` on, evicting where needed.

        Args:
            names: chained hashes of the path's blocks, from the root on.
            held: number of blocks at the start of the path that the caller already holds.

        Returns:
            Block number of the path -> place of the pool, for those that must now be written, and
            how many blocks of the path are held now. A block that another request cached meanwhile
            is held as it is. When every place is in use, the path ends early.
        """
        new: dict[int, int] = {}
        for number in range(held, len(names)):
            name, parent = names[number], names[number - 1] if number else None
            if name not in self.nodes:
                place = self._take()
                if place is None:
                    return new, number
                self.nodes[name] = Node(place, parent)
                if parent is not None:
                    self.nodes[parent].children += 1
                new[number] = place
            self._hold(name)
        return new, len(names)

    def release(self, names: Sequence[bytes]) -> None:
        """Let go of a path. Its blocks stay cached until their places are needed.

        Last block first: so a block always stands before its parent in the queue, and what is
        evicted is a leaf, the one whose path was used least recently.
        """
        for name in reversed(names):
            node = self.nodes[name]
            if not node.users:
                raise ValueError("released a block that nobody holds: release each path once")
            node.users -= 1
            if not node.users:
                self._idle[name] = None

    def _hold(self, name: bytes) -> int:
        self.nodes[name].users += 1
        self._idle.pop(name, None)
        return self.nodes[name].block

    def _take(self) -> int | None:
        """A place to write to: a free one, else that of the least recently used leaf."""
        if self._free:
            return self._free.pop()
        if not self._idle:
            return None
        name = next(iter(self._idle))
        del self._idle[name]
        node = self.nodes.pop(name)
        if node.parent is not None:
            self.nodes[node.parent].children -= 1
        self.evictions += 1
        return node.block

    # --8<-- [end:tree]
