"""Bytes of a KV cache, from the shape of the model: exact integers, no array is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


# --8<-- [start:formula]
def kv_cache_bytes(
    *,
    num_layers: int,
    num_heads: int,
    num_kv_heads: int,
    head_dim: int,
    tokens: int,
    batch: int,
    bytes_per_element: int,
) -> int:
    """Bytes of the keys and values of full attention.

    2 * num_layers * num_kv_heads * head_dim * tokens * batch * bytes_per_element. The 2 stands
    for keys and values. The number of query heads does not enter: queries are not kept.

    Args:
        num_layers: layers that cache (L).
        num_heads: query heads (H).
        num_kv_heads: key and value heads (K): H in MHA, fewer in GQA, 1 in MQA.
        head_dim: width of one head (N).
        tokens: cached tokens of each sequence.
        batch: sequences.
        bytes_per_element: 2 for bfloat16; the cache's, which need not be the weights'.

    Returns:
        Bytes for all layers and sequences, exactly.

    Raises:
        ValueError: when the query heads are no multiple of the KV heads.

    Source: the shapes; in words in arXiv 2305.13245 (GQA), section 1.
    """
    if num_heads % num_kv_heads:
        raise ValueError(f"{num_heads} query heads cannot share {num_kv_heads} KV heads evenly")
    return 2 * num_layers * num_kv_heads * head_dim * tokens * batch * bytes_per_element


# --8<-- [end:formula]


@dataclass(frozen=True)
class CacheDtype:
    """How one cached vector is stored: elements of `bits`, and `scale_bits` for each group.

    Attributes:
        bits: of one element.
        scale_bits: of the scales that are stored with each group; 0 when they are one a tensor.
        group: elements that share scales; None for the whole vector of one head.
    """

    name: str
    bits: int
    scale_bits: int = 0
    group: int | None = None

    def vector_bytes(self, width: int) -> int:
        """Bytes of one vector of `width` elements with its scales."""
        groups = -(-width // self.group) if self.group else 1
        return -(-(width * self.bits + groups * self.scale_bits) // 8)


BF16 = CacheDtype("bf16", 16)
FP8 = CacheDtype("fp8", 8)  # one scale a tensor, as vLLM does: too little to count
INT8 = CacheDtype("int8", 8, scale_bits=32)  # whiteboard.architecture.quantized_cache
INT4 = CacheDtype("int4", 4, scale_bits=16, group=32)  # llama.cpp's q4_0
DTYPES = {dtype.name: dtype for dtype in (BF16, FP8, INT8, INT4)}


@dataclass(frozen=True)
class CacheLayers:
    """`count` layers that cache alike: `vectors` vectors of `width` a token.

    Attributes:
        window: tokens that are kept of each sequence; None for all.
    """

    count: int
    vectors: int
    width: int
    window: int | None = None


def kv_layers(
    count: int, *, num_kv_heads: int, head_dim: int, window: int | None = None
) -> CacheLayers:
    """Layers of MHA, GQA or MQA: a key and a value of each KV head.

    Args:
        count: layers of this kind.
        num_kv_heads: key and value heads of a layer (K).
        head_dim: width of one head (N).
        window: tokens kept of each sequence; None for all.

    Returns:
        Layers that cache 2 K vectors of width N a token.
    """
    return CacheLayers(count, 2 * num_kv_heads, head_dim, window)


def latent_layers(count: int, *, kv_lora_rank: int, qk_rope_head_dim: int) -> CacheLayers:
    """Layers of multi-head latent attention: one latent, one rotary key; no factor of two.

    Args:
        count: layers of this kind.
        kv_lora_rank: width of the latent that keys and values are rebuilt from.
        qk_rope_head_dim: width of the rotary key that all heads share.

    Returns:
        Layers that cache one vector a token, as wide as latent and rotary key together.
    """
    return CacheLayers(count, 1, kv_lora_rank + qk_rope_head_dim)


# --8<-- [start:layers]
def cache_bytes(
    layers: Sequence[CacheLayers], *, tokens: int, batch: int = 1, dtype: CacheDtype = BF16
) -> int:
    """Bytes of a cache whose layers may differ: in width, in window, in kind.

    Args:
        layers: groups of layers that cache alike; together all layers of the model.
        tokens: length of each sequence.
        batch: sequences.
        dtype: how a cached vector is stored.

    Returns:
        Bytes of the whole cache, scales included.
    """
    return batch * sum(
        part.count
        * part.vectors
        * dtype.vector_bytes(part.width)
        * (tokens if part.window is None else min(tokens, part.window))
        for part in layers
    )


def largest_batch(
    layers: Sequence[CacheLayers], *, memory: int, tokens: int, dtype: CacheDtype = BF16
) -> int:
    """Sequences of `tokens` tokens that fit into `memory` bytes; 0 when there is none left.

    Args:
        layers: groups of layers that cache alike.
        memory: bytes left for the cache; a negative number counts as none.
        tokens: length of each sequence.
        dtype: how a cached vector is stored.

    Returns:
        A number of whole sequences.
    """
    return max(memory, 0) // cache_bytes(layers, tokens=tokens, dtype=dtype)


# --8<-- [end:layers]


def bytes_per_token(layers: Sequence[CacheLayers], dtype: CacheDtype = BF16) -> int:
    """Bytes that the first token takes; later ones take less once a window is full.

    Args:
        layers: groups of layers that cache alike.
        dtype: how a cached vector is stored.

    Returns:
        Bytes of one token in all layers.
    """
    return cache_bytes(layers, tokens=1, dtype=dtype)
