"""A reader of GGUF, llama.cpp's file of weights, that trusts nothing in the file.

A GGUF file is a header (magic, version, counts), typed key-value metadata, a table of tensors, and
their bytes, whose storage types are in `gguf_blocks`.

Source: the GGUF specification, version 3 (ggml, docs/gguf.md).
"""

import itertools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from whiteboard.lm.gguf_blocks import DEQUANTISE, TYPES, TensorType

MAX_DIMENSIONS = 4
MAX_NESTING = 4  # arrays of arrays are legal; files in the wild have none

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?"}
_SCALARS |= {10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9


class GGUFError(ValueError):
    """This is not a GGUF file that the reader takes; the message names the place."""


@dataclass(frozen=True)
class TensorInfo:
    """Where a tensor lies: bytes start to stop of the file; shape as NumPy has it."""

    name: str
    type: TensorType
    shape: tuple[int, ...]
    start: int
    stop: int


class _Cursor:
    """Reads forward; every step is checked against the bytes that are left."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int, what: str) -> int:
        """Step over `count` bytes; returns where they start."""
        if count > self.left:
            raise GGUFError(
                f"byte {self.at}: {what} takes {count} bytes, the file has {self.left} left"
            )
        self.at += count
        return self.at - count

    def scalar(self, code: str, what: str) -> Any:
        start = self.take(struct.calcsize(code), what)
        (value,) = struct.unpack_from(code, self.data, start)
        if isinstance(value, float) and not math.isfinite(value):
            raise GGUFError(f"byte {start}: {what} is {value}, wanted a finite number")
        return value

    def count(self, each: int, what: str) -> int:
        """How many items of at least `each` bytes follow: refused before memory is asked for."""
        start, number = self.at, int(self.scalar("<Q", what))
        if number * each > self.left:
            raise GGUFError(
                f"byte {start}: {what} is {number}, more than {self.left} bytes can hold"
            )
        return number

    def text(self, what: str) -> str:
        start = self.take(self.count(1, f"the length of {what}"), what)
        try:
            return self.data[start : self.at].decode()
        except UnicodeDecodeError as error:
            raise GGUFError(f"byte {start}: {what} is not UTF-8: {error.reason}") from None

    def texts(self, length: int, what: str) -> list[str]:
        """`length` strings: one loop, because a vocabulary has a hundred thousand of them."""
        data, at, found = self.data, self.at, []
        for i in range(length):
            size = int.from_bytes(data[at : at + 8], "little")
            stop = at + 8 + size
            if stop > len(data):
                raise GGUFError(f"byte {at}: {what}[{i}] ends at byte {stop} of {len(data)}")
            try:
                found.append(data[at + 8 : stop].decode())
            except UnicodeDecodeError as error:
                raise GGUFError(f"byte {at}: {what}[{i}] is not UTF-8: {error.reason}") from None
            at = stop
        self.at = at
        return found

    def value(self, kind: int, what: str, depth: int = 0) -> Any:
        """One metadata value: a number, a string, or an array of one type."""
        if kind in _SCALARS:
            return self.scalar(_SCALARS[kind], what)
        if kind == _STRING:
            return self.text(what)
        if kind != _ARRAY or depth == MAX_NESTING:
            raise GGUFError(f"byte {self.at}: {what} has type {kind}, wanted 0 to 12")
        return self.array(what, depth)

    def array(self, what: str, depth: int) -> Any:
        """Numbers as a NumPy array, anything else as a list."""
        kind = self.scalar("<I", f"the element type of {what}")
        size = struct.calcsize(_SCALARS[kind]) if kind in _SCALARS else 8
        length = self.count(size, f"the length of {what}")
        if kind == _STRING:
            return self.texts(length, what)
        if kind not in _SCALARS:
            return [self.value(kind, f"{what}[{i}]", depth + 1) for i in range(length)]
        start = self.take(size * length, what)
        dtype = np.dtype(_SCALARS[kind])
        values = np.frombuffer(self.data, dtype, length, start).copy()
        return _finite(values, what) if dtype.kind == "f" else values


@dataclass(frozen=True)
class GGUF:
    """An open file: `metadata` by key, `infos` by tensor name."""

    data: bytes
    metadata: dict[str, Any]
    infos: dict[str, TensorInfo]

    def tensor(self, name: str) -> Float32[np.ndarray, "..."]:
        """The tensor's values in float32. Raises GGUFError on a NaN or an infinity."""
        info = self.infos[name]
        raw = np.frombuffer(self.data, np.uint8, info.stop - info.start, info.start)
        return _finite(DEQUANTISE[info.type.name](raw).reshape(info.shape), f"tensor {name!r}")

    def tensors(self) -> Iterator[tuple[str, Float32[np.ndarray, "..."]]]:
        """Name and float32 values of each tensor, one at a time."""
        return ((name, self.tensor(name)) for name in self.infos)


def read(source: Path | bytes) -> GGUF:
    """Read a GGUF file's metadata and table of tensors; the values come from `GGUF.tensor`.

    Raises:
        GGUFError: wrong magic or version; a count, length or offset that the file's bytes cannot
            hold; an unknown type; a name given twice; tensors that overlap. Nothing larger than the
            file's own size is allocated before it is checked.
    """
    cursor = _Cursor(source if isinstance(source, bytes) else Path(source).read_bytes())
    magic, version = cursor.scalar("<4s", "the magic"), cursor.scalar("<I", "the version")
    if magic != b"GGUF" or version not in (2, 3):
        raise GGUFError(f"byte 0: wanted b'GGUF' version 2 or 3, got {magic!r} version {version}")
    tensor_count = cursor.count(24, "the tensor count")
    metadata: dict[str, Any] = {}
    for i in range(cursor.count(13, "the metadata count")):
        key = cursor.text(f"metadata key {i}")
        if key in metadata:
            raise GGUFError(f"byte {cursor.at}: metadata key {key!r} is given twice")
        kind = cursor.scalar("<I", f"the type of {key!r}")
        metadata[key] = cursor.value(kind, f"metadata {key!r}")
    return GGUF(cursor.data, metadata, _table(cursor, tensor_count, _alignment(metadata)))


def _alignment(metadata: dict[str, Any]) -> int:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 8 <= alignment <= 1 << 20 or alignment % 8:
        raise GGUFError(f"general.alignment is {alignment!r}, wanted a multiple of 8 to 1 MiB")
    return alignment


def _table(cursor: _Cursor, count: int, alignment: int) -> dict[str, TensorInfo]:
    """The tensors' names, shapes and places, each inside the file and apart from the others."""
    rows = [_row(cursor, i) for i in range(count)]
    base = -(-cursor.at // alignment) * alignment
    infos: dict[str, TensorInfo] = {}
    for name, tensor_type, shape, offset, size in rows:
        start, stop = base + offset, base + offset + size
        if name in infos:
            raise GGUFError(f"tensor {name!r} is given twice")
        if offset % alignment or stop > len(cursor.data):
            raise GGUFError(
                f"tensor {name!r}: wanted bytes {start} to {stop} at a multiple of {alignment}, "
                f"the file has {len(cursor.data)}"
            )
        infos[name] = TensorInfo(name, tensor_type, shape, start, stop)
    placed = sorted(infos.values(), key=lambda info: info.start)
    for left, right in itertools.pairwise(placed):
        if right.start < left.stop:
            raise GGUFError(f"tensors {left.name!r} and {right.name!r} overlap")
    return infos


def _row(cursor: _Cursor, index: int) -> tuple[str, TensorType, tuple[int, ...], int, int]:
    """One line of the table: name, type, shape, offset from the data's start, bytes."""
    name = cursor.text(f"the name of tensor {index}")
    what = f"tensor {name!r}"
    rank = cursor.scalar("<I", f"the rank of {what}")
    if not 1 <= rank <= MAX_DIMENSIONS:
        raise GGUFError(f"{what} has {rank} dimensions, wanted 1 to {MAX_DIMENSIONS}")
    dims = [cursor.scalar("<Q", f"dimension {i} of {what}") for i in range(rank)]
    kind, offset = cursor.scalar("<I", f"the type of {what}"), cursor.scalar("<Q", f"{what} offset")
    if kind not in TYPES:
        known = ", ".join(f"{t.name} ({k})" for k, t in TYPES.items())
        raise GGUFError(f"{what} has type {kind}, wanted one of {known}")
    tensor_type = TYPES[kind]
    if min(dims) < 1 or dims[0] % tensor_type.block:
        raise GGUFError(
            f"{what} has dimensions {dims}, wanted positive ones, "
            f"the first a multiple of {tensor_type.block}"
        )
    # Python integers: a product of hostile dimensions cannot wrap around.
    size = math.prod(dims) // tensor_type.block * tensor_type.size
    return name, tensor_type, tuple(reversed(dims)), offset, size


def _finite(values: Any, what: str) -> Any:
    if not np.isfinite(values).all():
        place = np.unravel_index(int(np.argmin(np.isfinite(values))), values.shape)
        index = ", ".join(str(int(i)) for i in place)
        raise GGUFError(f"{what}[{index}] is {values[place]}, wanted finite numbers")
    return values
