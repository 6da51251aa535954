"""One DeepSeek-V3 attention layer by transformers in float32, on random weights of small shapes.

`make references` runs this with ``--check``; ``--write`` stores anew. The layer's own weights and
input are stored with its output, so that the test needs no torch.
"""

import argparse
from pathlib import Path

import numpy as np

STORED = Path(__file__).with_suffix(".npz")
SHAPES = {
    "hidden_size": 29, "num_attention_heads": 5, "num_key_value_heads": 5, "kv_lora_rank": 11,
    "qk_nope_head_dim": 7, "qk_rope_head_dim": 6, "v_head_dim": 3,
}  # fmt: skip
BATCH, TIME, ATOL = 2, 13, 1e-6


def compute() -> dict[str, np.ndarray]:
    import torch
    import transformers
    from transformers.models.deepseek_v3 import modeling_deepseek_v3 as deepseek

    torch.manual_seed(0)
    config = transformers.DeepseekV3Config(
        **SHAPES, q_lora_rank=None, rope_interleave=False, attn_implementation="eager"
    )
    layer = deepseek.DeepseekV3Attention(config, layer_idx=0).eval()
    with torch.no_grad():
        layer.kv_a_layernorm.weight.uniform_(0.5, 1.5)
        for linear in (layer.q_proj, layer.kv_a_proj_with_mqa, layer.kv_b_proj, layer.o_proj):
            linear.weight.normal_(std=linear.in_features**-0.5)
        x = torch.randn(BATCH, TIME, SHAPES["hidden_size"])
        position = torch.arange(TIME)[None].expand(BATCH, -1)
        tables = deepseek.DeepseekV3RotaryEmbedding(config)(x, position)
        mask = torch.full((TIME, TIME), float("-inf")).triu(1)[None, None]
        output = layer(x, position_embeddings=tables, attention_mask=mask)[0]
    weights = {name: value.numpy() for name, value in layer.state_dict().items()}
    versions = np.array(f"torch {torch.__version__}, transformers {transformers.__version__}")
    return {"x": x.numpy(), "output": output.numpy(), "versions": versions, **weights}


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
    print(f"deepseek_mla: {len(got) - 1} arrays as stored ({got['versions']})")


if __name__ == "__main__":
    main()
