"""Attention from scratch, in NumPy: nothing but sums, products and exponentials."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float


# --8<-- [start:attention_numpy]
def softmax(scores: Float[np.ndarray, "... source"]) -> Float[np.ndarray, "... source"]:
    """Positive weights that sum to one over the last axis, or zeros where every score is -inf.

    Subtracting the row's maximum changes nothing and keeps `exp` at 1 or below.
    """
    largest = scores.max(axis=-1, keepdims=True)
    exponentials = np.exp(scores - np.where(np.isfinite(largest), largest, 0))
    total = exponentials.sum(axis=-1, keepdims=True)
    return exponentials / np.where(total == 0, 1, total)


def dot_product_attention_numpy(
    query: Float[np.ndarray, "batch time heads head_dim"],
    key: Float[np.ndarray, "batch source heads head_dim"],
    value: Float[np.ndarray, "batch source heads value_dim"],
    *,
    mask: Bool[np.ndarray, "#batch #heads #time source"] | None = None,
    scale: float | None = None,
) -> Float[np.ndarray, "batch time heads value_dim"]:
    """`whiteboard.architecture.attention.dot_product_attention`, with NumPy's own operations.

    Args:
        query: what each position asks for.
        key: what each source position is found by.
        value: what each source position gives.
        mask: True where a query may look.
        scale: factor on the scores; `head_dim ** -0.5` by default.

    Returns:
        The weighted sum of the values for each query and head.
    """
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    q, k, v = (np.swapaxes(x, 1, 2) for x in (query, key, value))  # heads before time
    scores = scale * (q @ np.swapaxes(k, -1, -2))
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return np.swapaxes(softmax(scores) @ v, 1, 2)


# --8<-- [end:attention_numpy]
