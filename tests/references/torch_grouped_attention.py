"""torch's scaled_dot_product_attention with ``enable_gqa`` and transformers' ``repeat_kv``.

The inputs are stored with the outputs, so that the test needs no torch.
"""

import _stored
import numpy as np

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


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=ATOL)
