"""torch's scaled_dot_product_attention in float32 and bfloat16, with and without masks.

The inputs are stored with the outputs, so that the test needs no torch.
"""

import _stored
import numpy as np

BATCH, TIME, SOURCE, HEADS, HEAD_DIM = 2, 5, 7, 3, 11
ATOL = 1e-6


def inputs() -> dict[str, np.ndarray]:
    """Query, key, value as ``[batch, time, heads, head_dim]``, and a mask with a blind query."""
    draw = np.random.default_rng(0)
    shape = {"query": TIME, "key": SOURCE, "value": SOURCE}
    arrays = {
        name: draw.normal(size=(BATCH, length, HEADS, HEAD_DIM)).astype(np.float32)
        for name, length in shape.items()
    }
    mask = draw.random((BATCH, 1, TIME, SOURCE)) < 0.6
    mask[0, 0, 3] = False
    return {**arrays, "mask": mask}


def compute() -> dict[str, np.ndarray]:
    import torch
    from torch.nn.functional import scaled_dot_product_attention as attend

    given = inputs()
    query, key, value = (
        torch.from_numpy(given[name]).transpose(1, 2) for name in ("query", "key", "value")
    )
    mask = torch.from_numpy(given["mask"])
    outputs = {
        "plain": attend(query, key, value),
        "masked": attend(query, key, value, attn_mask=mask),
        "causal": attend(query, key[:, :, :TIME], value[:, :, :TIME], is_causal=True),
        "scaled": attend(query, key, value, scale=0.7),
        "bfloat16": attend(*(x.bfloat16() for x in (query, key, value))).float(),
    }
    outputs = {name: x.transpose(1, 2).numpy() for name, x in outputs.items()}
    return {"versions": np.array(f"torch {torch.__version__}"), **given, **outputs}


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=ATOL, looser={"bfloat16": 0.01})
