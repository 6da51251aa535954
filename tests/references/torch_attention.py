"""torch's scaled_dot_product_attention in float32 and bfloat16, with and without masks.

`make references` runs this with ``--check``; ``--write`` stores anew. The inputs are stored with
the outputs, so that the test needs no torch.
"""

import argparse
from pathlib import Path

import numpy as np

STORED = Path(__file__).with_suffix(".npz")
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the stored values")
    parser.add_argument("--write", action="store_true", help="store the values anew")
    arguments = parser.parse_args()
    got = compute()
    if arguments.write:
        np.savez_compressed(STORED, **got)
    with np.load(STORED) as stored:
        for name in sorted(set(got) - {"versions"}):
            atol = 0.01 if name == "bfloat16" else ATOL
            np.testing.assert_allclose(got[name], stored[name], atol=atol, err_msg=name)
    print(f"torch_attention: {len(got) - 1} arrays as stored ({got['versions']})")


if __name__ == "__main__":
    main()
