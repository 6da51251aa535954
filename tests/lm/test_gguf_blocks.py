"""GGUF's blocks, each value by its formula in plain Python."""

import struct

import numpy as np
import pytest

from whiteboard.lm.gguf_blocks import BLOCK, DEQUANTISE, TYPES

DRAW = np.random.default_rng(3)
SCALES = [(0.5, -1.0), (-0.125, 3.0)]


def bytes_of(*blocks):
    return np.frombuffer(b"".join(blocks), np.uint8)


def test_q4_1_is_d_q_plus_m_low_nibbles_first():
    packed = DRAW.integers(0, 256, (2, 16), np.uint8)
    raw = bytes_of(
        *(struct.pack("<2e", d, m) + row.tobytes() for (d, m), row in zip(SCALES, packed))
    )
    want = [
        d * q + m
        for (d, m), row in zip(SCALES, packed.tolist())
        for q in [*(byte % 16 for byte in row), *(byte // 16 for byte in row)]
    ]
    np.testing.assert_array_equal(DEQUANTISE["Q4_1"](raw), np.array(want, np.float32))


def test_q8_0_is_d_q_with_signs():
    codes = DRAW.integers(-128, 128, (2, 32)).astype(np.int8)
    raw = bytes_of(*(struct.pack("<e", d) + row.tobytes() for (d, _), row in zip(SCALES, codes)))
    want = [d * q for (d, _), row in zip(SCALES, codes.tolist()) for q in row]
    np.testing.assert_array_equal(DEQUANTISE["Q8_0"](raw), np.array(want, np.float32))


@pytest.mark.parametrize(("name", "letter"), [("F32", "f"), ("F16", "e")])
def test_plain_floats_are_little_endian(name, letter):
    raw = bytes_of(struct.pack(f"<3{letter}", 0.5, -2.0, 7.0))
    np.testing.assert_array_equal(DEQUANTISE[name](raw), np.array([0.5, -2, 7], np.float32))


def test_a_types_bytes_give_as_many_values_as_its_block():
    """4 and 8 bits a value, and the scales: 5 and 8.5."""
    for stored in TYPES.values():
        raw = np.zeros(3 * stored.size, np.uint8)
        assert DEQUANTISE[stored.name](raw).shape == (3 * stored.block,), stored.name
    bits = {stored.name: 8 * stored.size / stored.block for stored in TYPES.values()}
    assert bits == {"F32": 32, "F16": 16, "Q4_1": 4 + 32 / BLOCK, "Q8_0": 8 + 16 / BLOCK}
