"""How GGUF stores numbers: plain floats, or blocks of 32 elements with scales of their own.

    Q4_1:  x = d q + m    float16 d and m, then 16 bytes of q in 0..15: low nibbles are elements
                          0-15, high ones 16-31 (20 bytes, 5 bits an element)
    Q8_0:  x = d q        float16 d, then 32 int8 (34 bytes, 8.5 bits an element)

Source: ggml's quantised block types (ggml, src/ggml-common.h).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

BLOCK = 32


@dataclass(frozen=True)
class TensorType:
    """A storage type: `block` elements take `size` bytes."""

    name: str
    block: int
    size: int


TYPES = {
    0: TensorType("F32", 1, 4),
    1: TensorType("F16", 1, 2),
    3: TensorType("Q4_1", BLOCK, 20),
    8: TensorType("Q8_0", BLOCK, 34),
}


def _q4_1(raw: UInt8[np.ndarray, "bytes"]) -> Float32[np.ndarray, "elements"]:
    blocks = raw.reshape(-1, TYPES[3].size)
    scales = blocks[:, :4].copy().view("<f2").astype(np.float32)
    out = np.empty((len(blocks), BLOCK), np.float32)
    half = BLOCK // 2
    out[:, :half], out[:, half:] = blocks[:, 4:] & 15, blocks[:, 4:] >> 4
    out *= scales[:, :1]
    out += scales[:, 1:]
    return out.reshape(-1)


def _q8_0(raw: UInt8[np.ndarray, "bytes"]) -> Float32[np.ndarray, "elements"]:
    blocks = raw.reshape(-1, TYPES[8].size)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    return (blocks[:, 2:].view(np.int8) * scale).reshape(-1)


DEQUANTISE = {
    "F32": lambda raw: raw.view("<f4").astype(np.float32),
    "F16": lambda raw: raw.view("<f2").astype(np.float32),
    "Q4_1": _q4_1,
    "Q8_0": _q8_0,
}
