"""Collectives of a compiled program: which, how many, over how many devices, and how many bytes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

BITS = {"pred": 8, "s32": 32, "u32": 32, "f32": 32, "bf16": 16, "f16": 16}
"""Bits of the dtypes that a training step moves."""

# --8<-- [start:sent]
SENT: dict[str, Callable[[int, int], float]] = {
    "all-gather": lambda size, n: size * (n - 1) / n,
    "reduce-scatter": lambda size, n: size * (n - 1),
    "all-reduce": lambda size, n: 2 * size * (n - 1) / n,
    "all-to-all": lambda size, n: size * (n - 1) / n,
    "collective-permute": lambda size, n: size,
}
"""Bytes that one of n devices sends for a result of `size` bytes, by the usual rings.

An all-reduce is a reduce-scatter and then an all-gather, so it sends twice what either does.
Source: Thakur, Rabenseifner and Gropp, doi 10.1177/1094342005051521, section 4.
"""


@dataclass(frozen=True)
class Collective:
    """One operation: its kind, the bytes of its result on a device, and the devices it joins."""

    kind: str
    size: int
    devices: int

    @property
    def sent(self) -> float:
        """Bytes one device sends."""
        return float(SENT[self.kind](self.size, self.devices))


# --8<-- [end:sent]


def collectives(program: str) -> list[Collective]:
    """The collectives of a compiled program, each once; those of one device with itself left out.

    What stands in a loop is counted once, however often it runs.

    Args:
        program: `jitted.lower(...).compile().as_text()`.

    Raises:
        ValueError: an element type that `BITS` lacks, or groups of devices in an unknown form.
    """
    counted = re.search(r"\bnum_partitions=(\d+)", program)
    every = int(counted[1]) if counted else 1
    kinds = "|".join(SENT)
    found = re.finditer(rf"= (\(.*?\)|\S+) ({kinds})(-start)?\((.*)", program)
    made = [
        Collective(m[2], _size(m[1], started=bool(m[3])), _devices(m[2], m[4], every))
        for m in found
    ]
    return [each for each in made if each.devices > 1]


def totals(found: Iterable[Collective]) -> dict[str, tuple[int, int]]:
    """How many of each kind, and the bytes of their results on one device."""
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for each in found:
        counts[each.kind] += 1
        sizes[each.kind] += each.size
    return {kind: (counts[kind], sizes[kind]) for kind in sorted(counts)}


def _size(result: str, *, started: bool) -> int:
    """Bytes of a result; a started one is (operands, results), and the results count."""
    sizes = []
    for dtype, dims in re.findall(r"(\w+)\[([\d,]*)\]", result):
        if dtype not in BITS:
            raise ValueError(f"wanted an element type among {', '.join(BITS)}, got {dtype}: add it")
        sizes.append(BITS[dtype] * math.prod(int(n) for n in dims.split(",") if n) // 8)
    return sum(sizes[len(sizes) // 2 :] if started and len(sizes) > 1 else sizes)


def _devices(kind: str, attributes: str, every: int) -> int:
    """Devices that talk to each other: the size of a replica group, in each way XLA writes it."""
    if kind == "collective-permute":
        pairs = re.search(r"source_target_pairs=\{(.*?)\}\}", attributes)
        moved = re.findall(r"(\d+),(\d+)", pairs[1]) if pairs else []
        return 2 if any(a != b for a, b in moved) else 1
    if counted := re.search(r"replica_groups=\[\d+,(\d+)\]", attributes):
        return int(counted[1])
    if mesh := re.search(r"replica_groups=mesh\[(.*?)\].*?\{([^}]*)\}", attributes):
        sizes = dict(re.findall(r"'(\w+)'=(\d+)", mesh[1]))
        axes = re.findall(r"'(\w+)'(?::\(\d+\)(\d+))?", mesh[2])  # an axis, or a part of one
        return math.prod(int(part or sizes[axis]) for axis, part in axes)
    if listed := re.search(r"replica_groups=\{\{([\d,]+)\}", attributes):
        return len(listed[1].split(","))
    if "replica_groups={}" in attributes:
        return every
    groups = attributes[attributes.find("replica_groups") :]
    raise ValueError(f"wanted replica_groups in a form known here, got {groups[:80]}")
