"""The GGUF reader: equal to the `gguf` package on the real file, and unimpressed by broken ones."""

import contextlib
import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.lm import gguf, weights
from whiteboard.lm.gguf import GGUFError

REFERENCE = Path(__file__).parents[1] / "references" / "smollm2_tensors.json"


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def info(name: bytes, dims: tuple[int, ...], kind: int, offset: int) -> bytes:
    shape = struct.pack(f"<I{len(dims)}Q", len(dims), *dims)
    return text(name) + shape + struct.pack("<IQ", kind, offset)


def build(keys: list[bytes], infos: list[bytes], data: bytes, header: bytes | None = None) -> bytes:
    """A GGUF file from its parts, written from the specification and not from the reader."""
    header = header or b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(keys))
    front = header + b"".join(keys) + b"".join(infos)
    return front + bytes(-len(front) % 32) + data


# x = d q + m with d = 0.5, m = -1: the low nibbles of bytes 0..15 count up, the high ones down.
Q4_1 = struct.pack("<2e", 0.5, -1.0) + bytes(i | (15 - i) << 4 for i in range(16))
Q8_0 = struct.pack("<e", 0.25) + bytes(np.arange(-16, 16, dtype=np.int8).view(np.uint8))
KEYS = [
    key(b"general.architecture", 8, text(b"llama")),
    key(b"llama.block_count", 4, struct.pack("<I", 30)),
    key(b"llama.rope.freq_base", 6, struct.pack("<f", 1e5)),
    key(b"words", 9, struct.pack("<IQ", 8, 2) + text("é".encode()) + text(b"")),
    key(b"types", 9, struct.pack("<IQ3i", 5, 3, 3, -1, 1)),
    key(b"flag", 7, b"\x01"),
]
INFOS = [
    info(b"q4", (32, 1), 3, 0),
    info(b"q8", (32,), 8, 32),
    info(b"f32", (2, 3), 0, 96),
    info(b"f16", (3,), 1, 128),
]
F32 = np.array([[1, 2], [3, 4], [5, 6]], "<f4")
F16 = np.array([0.5, -2, 7], "<f2")
DATA = Q4_1 + bytes(12) + Q8_0 + bytes(30) + F32.tobytes() + bytes(8) + F16.tobytes()
SMALL = build(KEYS, INFOS, DATA)


def read_all(data: bytes) -> dict[str, np.ndarray]:
    return dict(gguf.read(data).tensors())


def test_a_file_written_by_hand() -> None:
    file = gguf.read(SMALL)
    assert file.metadata["general.architecture"] == "llama"
    assert file.metadata["llama.block_count"] == 30
    assert file.metadata["words"] == ["é", ""]
    assert file.metadata["types"].tolist() == [3, -1, 1]
    assert file.metadata["flag"] is True
    expected_q4 = [[0.5 * i - 1 for i in range(16)] + [0.5 * (15 - i) - 1 for i in range(16)]]
    np.testing.assert_array_equal(file.tensor("q4"), np.array(expected_q4, np.float32))
    np.testing.assert_array_equal(file.tensor("q8"), np.arange(-16, 16) / 4)
    np.testing.assert_array_equal(file.tensor("f32"), F32)
    np.testing.assert_array_equal(file.tensor("f16"), F16)
    assert all(values.dtype == np.float32 for _, values in file.tensors())


def test_a_path_reads_as_its_bytes_do(tmp_path: Path) -> None:
    (tmp_path / "small.gguf").write_bytes(SMALL)
    np.testing.assert_array_equal(gguf.read(tmp_path / "small.gguf").tensor("f32"), F32)


def test_all_tensors_equal_the_gguf_packages_bit_for_bit() -> None:
    stored = json.loads(REFERENCE.read_text())["tensors"]
    tensors, _ = weights.load_smollm2()
    assert tensors.keys() == stored.keys()
    for name, values in tensors.items():
        assert list(values.shape) == stored[name]["shape"], name
        assert values.reshape(-1)[:4].tolist() == stored[name]["first"], name
        assert hashlib.sha256(values).hexdigest() == stored[name]["sha256"], name


HUGE = 2**63 + 7
HEADER = struct.Struct("<4sIQQ")
BROKEN = {
    "empty": (b"", "byte 0: the magic"),
    "magic": (b"GGML" + SMALL[4:], "wanted b'GGUF'"),
    "version": (HEADER.pack(b"GGUF", 1, 4, 6) + SMALL[24:], "version 1"),
    "big-endian": (HEADER.pack(b"GGUF", 3 << 24, 4, 6) + SMALL[24:], "version 50331648"),
    "tensor count": (HEADER.pack(b"GGUF", 3, HUGE, 6) + SMALL[24:], "the tensor count is"),
    "metadata count": (HEADER.pack(b"GGUF", 3, 4, HUGE) + SMALL[24:], "the metadata count is"),
    "key length": (
        build([struct.pack("<Q", HUGE) + bytes(9)], [], b""),
        "the length of metadata key 0 is",
    ),
    "key bytes": (build([key(b"\xff", 7, b"\0")], [], b""), "metadata key 0 is not UTF-8"),
    "key twice": (build([KEYS[5], KEYS[5]], [], b""), "'flag' is given twice"),
    "value type": (build([key(b"k", 13, b"\0" * 9)], [], b""), "metadata 'k' has type 13"),
    "value nan": (build([key(b"k", 6, struct.pack("<f", np.nan))], [], b""), "'k' is nan"),
    "array length": (build([key(b"k", 9, struct.pack("<IQ", 4, HUGE))], [], b""), "length of meta"),
    "array type": (build([key(b"k", 9, struct.pack("<IQ", 77, 1) + bytes(9))], [], b""), "type 77"),
    "array inf": (
        build([key(b"k", 9, struct.pack("<IQff", 6, 2, 1, np.inf))], [], b""),
        r"'k'\[1\] is inf",
    ),
    "string in an array": (
        build(
            [key(b"k", 9, struct.pack("<IQ", 8, 2) + text(b"a") + struct.pack("<Q", HUGE))], [], b""
        ),
        r"'k'\[1\] ends at byte",
    ),
    "bytes in an array": (
        build([key(b"k", 9, struct.pack("<IQ", 8, 1) + text(b"\xc3\x28"))], [], b""),
        r"'k'\[0\] is not UTF-8",
    ),
    "nesting": (
        build([key(b"k", 9, struct.pack("<IQ", 9, 1) * 5000 + bytes(20))], [], b""),
        r"\[0\]\[0\]\[0\] has type 9",
    ),
    "alignment": (build([key(b"general.alignment", 4, bytes(4))], [], b""), "alignment is 0"),
    "rank 0": (build([], [info(b"x", (), 0, 0)], bytes(64)), "'x' has 0 dimensions"),
    "rank 5": (build([], [info(b"x", (1,) * 5, 0, 0)], bytes(64)), "'x' has 5 dimensions"),
    "dimension 0": (build([], [info(b"x", (0, 2), 0, 0)], bytes(64)), r"dimensions \[0, 2\]"),
    "dimensions": (build([], [info(b"x", (2**63, 4), 0, 0)], bytes(64)), "'x': wanted bytes"),
    "wrap-around": (build([], [info(b"x", (2**62, 4), 0, 0)], bytes(64)), "'x': wanted bytes"),
    "block": (build([], [info(b"x", (33,), 3, 0)], bytes(64)), "first a multiple of 32"),
    "type": (build([], [info(b"x", (32,), 14, 0)], bytes(64)), "type 14, wanted one of F32"),
    "offset": (build([], [info(b"x", (8,), 0, HUGE)], bytes(64)), "'x': wanted bytes"),
    "unaligned": (build([], [info(b"x", (8,), 0, 4)], bytes(64)), "at a multiple of 32"),
    "name twice": (
        build([], [info(b"x", (8,), 0, 32 * i) for i in (0, 1)], bytes(64)),
        "'x' is given twice",
    ),
    "overlap": (
        build([], [info(b"x", (9,), 0, 0), info(b"y", (8,), 0, 32)], bytes(64)),
        "'x' and 'y' overlap",
    ),
    "nan": (
        build([], [info(b"x", (2, 2), 0, 0)], struct.pack("<3fI", 0, 0, 0, 0x7FC00000)),
        r"tensor 'x'\[1, 1\] is nan",
    ),
    "infinite scale": (
        build([], [info(b"x", (32,), 8, 0)], struct.pack("<H", 0x7C00) + bytes([1]) * 32),
        r"tensor 'x'\[0\] is inf",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_the_place(name: str) -> None:
    data, message = BROKEN[name]
    with pytest.raises(GGUFError, match=message):
        read_all(data)


def test_every_truncation_is_refused() -> None:
    for length in range(len(SMALL)):
        with pytest.raises(GGUFError):
            read_all(SMALL[:length])


INTERESTING = [0, 1, 7, 31, 2**15, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SMALL) - 8),
            st.one_of(
                st.binary(min_size=1, max_size=8),
                st.sampled_from(INTERESTING).map(lambda n: struct.pack("<Q", n)),
            ),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 64),
)
def test_a_mutated_file_reads_or_is_refused_and_nothing_else(
    edits: list[tuple[int, bytes]], cut: int
) -> None:
    data = bytearray(SMALL)
    for at, new in edits:
        data[at : at + len(new)] = new
    try:
        tensors = read_all(bytes(data[: len(data) - cut]))
    except GGUFError:
        pass
    else:
        # Whatever came through is finite, and no larger than the widest type makes of the bytes.
        assert all(np.isfinite(values).all() for values in tensors.values())
        assert sum(values.nbytes for values in tensors.values()) <= 32 / 20 * 4 * len(SMALL)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_behind_a_good_header(data: bytes) -> None:
    with contextlib.suppress(GGUFError):
        read_all(HEADER.pack(b"GGUF", 3, 1, 1) + data)
