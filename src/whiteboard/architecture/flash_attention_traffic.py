"""What attention computes and what it moves: operations and bytes, counted for one head."""

from __future__ import annotations

from whiteboard.architecture.flash_attention_tiles import Tile, visible_blocks


def attention_flops(*, time: int, head_dim: int, causal: bool = True) -> float:
    """Operations of one head's forward pass: `4 T^2 N`, and half of that when causal.

    Blocks do not change it. A backward pass counts 2.5 times as much: five products against two,
    however many a kernel repeats.

    Source: Dao, arXiv 2307.08691, section 4.1, for the convention.

    Args:
        time: number of queries and of keys (T).
        head_dim: width of the head (N).
        causal: count only the half of the scores that a causal mask keeps.

    Returns:
        Floating-point operations; a multiply and an add are two.
    """
    return 4.0 * time**2 * head_dim * (0.5 if causal else 1.0)


# --8<-- [start:traffic]
def standard_bytes(*, time: int, head_dim: int, bytes_per_element: int = 2) -> int:
    """Bytes that three kernels move for one head: scores, softmax, and the weighted sum.

    The T x T matrix crosses four times: written, read, written as weights, read. Query, key, value
    and output cross once each.

    Args:
        time: number of queries and of keys (T).
        head_dim: width of the head (N).
        bytes_per_element: 2 for bfloat16, of inputs, scores and weights alike.

    Returns:
        Bytes to and from memory.
    """
    return bytes_per_element * (4 * time**2 + 4 * time * head_dim)


def flash_bytes(
    *, time: int, head_dim: int, tile: Tile, causal: bool = True, bytes_per_element: int = 2
) -> int:
    """Bytes that the fused forward kernel asks for, for one head.

    Each block of queries is read once and its output written once, with four bytes a row for the
    log-sum-exp. Keys and values are read anew for each block of queries, as far as it sees. A cache
    between memory and the processors (L2) answers part of that, so memory itself moves less.

    Args:
        time: number of queries and of keys (T).
        head_dim: width of the head (N).
        tile: block sizes of the kernel.
        causal: skip the blocks that no query of the block sees.
        bytes_per_element: 2 for bfloat16, of query, key, value and output.

    Returns:
        Bytes requested, before any cache answers.
    """
    total = 0
    for block in range(-(-time // tile.queries)):
        _, end = visible_blocks(block, tile=tile, time=time, source=time, causal=causal)
        keys = min(int(end) * tile.keys, time)
        total += 2 * keys * head_dim * bytes_per_element
    return total + time * (2 * head_dim * bytes_per_element + 4)


# --8<-- [end:traffic]


def score_matrix_bytes(*, time: int, num_heads: int, bytes_per_element: int = 2) -> int:
    """Size of the T x T matrices of all heads of one layer and one sequence.

    Args:
        time: number of queries and of keys (T).
        num_heads: query heads of the layer (H).
        bytes_per_element: 2 for bfloat16.

    Returns:
        Bytes of one such set of matrices: H T^2 elements.
    """
    return num_heads * time**2 * bytes_per_element
