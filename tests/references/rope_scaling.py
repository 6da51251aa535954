"""Scaled rotary frequencies and ALiBi slopes by transformers.

The frequencies are those of `ROPE_INIT_FUNCTIONS`; NTK-aware scaling by s is its "dynamic" method
at s times the length. The tables are those of a Llama model with YaRN, whose attention factor is in
them. The inputs are stored with the outputs.
"""

import _stored
import numpy as np

# head_dim, theta, trained length, factor: SmolLM2, Llama 2, Llama 3, and a blend that is cut off.
SHAPES = ((64, 1e5, 8192, 2.0), (128, 1e4, 4096, 16.0), (128, 5e5, 8192, 8.0), (16, 100.0, 64, 3.0))
POSITIONS = (0, 1, 997, 16_383)
HEADS = (7, 8, 12)


def config_of(head_dim: int, theta: float, length: int, **parameters: object) -> object:
    import transformers

    return transformers.LlamaConfig(
        head_dim=head_dim,
        hidden_size=head_dim,
        num_attention_heads=1,
        max_position_embeddings=length,
        rope_parameters={"rope_theta": theta, **parameters},
    )


def compute() -> dict[str, np.ndarray]:
    import torch
    import transformers
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    out = {"shapes": np.array(SHAPES), "positions": np.array(POSITIONS)}
    for number, (head_dim, theta, length, factor) in enumerate(SHAPES):
        shape = (head_dim, theta, length)
        yarn = {"rope_type": "yarn", "original_max_position_embeddings": length}
        for name, parameters, tokens in (
            ("linear", {"rope_type": "linear", "factor": factor}, None),
            ("dynamic", {"rope_type": "dynamic", "factor": 1.0}, int(factor * length)),
            ("yarn", {**yarn, "factor": factor, "beta_fast": 32.0, "beta_slow": 1.0}, None),
        ):
            config = config_of(*shape, **parameters)
            frequency, scale = ROPE_INIT_FUNCTIONS[name](config, seq_len=tokens)
            name = "ntk" if name == "dynamic" else name
            out[f"{name}/{number}"] = frequency.numpy()
            out[f"{name}/{number}/attention_factor"] = np.array(scale)
        rotary = LlamaRotaryEmbedding(config)
        cos, sin = rotary(torch.zeros(1, 1), torch.tensor([POSITIONS]))
        out[f"cos/{number}"], out[f"sin/{number}"] = cos[0].numpy(), sin[0].numpy()
    for heads in HEADS:
        out[f"alibi/{heads}"] = build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[
            :, 0, 1
        ].numpy()
    versions = np.array(f"torch {torch.__version__}, transformers {transformers.__version__}")
    return {**out, "versions": versions}


if __name__ == "__main__":
    tables = {f"{name}/{number}": 1e-5 for name in ("cos", "sin") for number in range(len(SHAPES))}
    _stored.run(__file__, compute, atol=1e-9, looser=tables)
