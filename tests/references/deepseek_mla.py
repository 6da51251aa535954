"""One DeepSeek-V3 attention layer by transformers in float32, on random weights of small shapes.

The layer's own weights and input are stored with its output, so that the test needs no torch.
"""

import _stored
import numpy as np

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


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=ATOL)
