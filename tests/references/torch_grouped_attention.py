"""torch's scaled_dot_product_attention with ``enable_gqa`` and transformers' ``repeat_kv``.

`make references` runs this with ``--check``; ``--write`` stores anew. The inputs are stored with
the outputs, so that the test needs no torch.
"""

import argparse
from pathlib import Path

import numpy as np

STORED = Path(__file__).with_suffix(".npz")
BATCH, TIME, SOURCE, HEADS, HEAD_DIM = 2, 3, 7, 10, 11
KV_HEADS = (10, 5, 2, 1)
ATOL = 1e-6


def inputs() -> dict[str, np.ndarray]:
    """Queries, a mask, and keys and values of ten heads, of which fewer take the first."""
    draw = np.random.default_rng(0)
    mask = draw.random((BATCH, TIME, SOURCE)) < 0.6
    mask[:, :, 0] = True
    kv_shape = (BATCH, SOURCE, HEADS, HEAD_DIM)
    return {
        "query": draw.normal(size=(BATCH, TIME, HEADS, HEAD_DIM)).astype(np.float32),
        "key": draw.normal(size=kv_shape).astype(np.float32),
        "value": draw.normal(size=kv_shape).astype(np.float32),
        "mask": mask,
    }


def compute() -> dict[str, np.ndarray]:
    import torch
    import transformers
    from torch.nn.functional import scaled_dot_product_attention as attend
    from transformers.models.llama.modeling_llama import repeat_kv

    given = inputs()
    query, key, value = (
        torch.from_numpy(given[name]).transpose(1, 2) for name in ("query", "key", "value")
    )
    mask = torch.from_numpy(given["mask"])[:, None]
    outputs = {}
    for kv_heads in KV_HEADS:
        pair = [x[:, :kv_heads] for x in (key, value)]
        repeated = [repeat_kv(x, HEADS // kv_heads) for x in pair]
        outputs[f"torch_{kv_heads}"] = attend(query, *pair, attn_mask=mask, enable_gqa=True)
        outputs[f"transformers_{kv_heads}"] = attend(query, *repeated, attn_mask=mask)
    outputs = {name: x.transpose(1, 2).numpy() for name, x in outputs.items()}
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
    return {"versions": np.array(versions), **given, **outputs}


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
            np.testing.assert_allclose(got[name], stored[name], atol=ATOL, err_msg=name)
    print(f"torch_grouped_attention: {len(got) - 1} arrays as stored ({got['versions']})")


if __name__ == "__main__":
    main()
