"""Weights of published mixtures of experts as transformers builds them, without storage.

`make references` runs this with ``--check``; ``--write`` stores anew. The configs are the fields of
the models' config.json on the Hugging Face hub, by their own names.
"""

import argparse
import json
from pathlib import Path

STORED = Path(__file__).with_suffix(".json")
MLA = {
    "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
    "v_head_dim": 128,
}  # fmt: skip
OSS = {
    "vocab_size": 201088, "hidden_size": 2880, "intermediate_size": 2880, "head_dim": 64,
    "num_attention_heads": 64, "num_key_value_heads": 8, "num_experts_per_tok": 4,
}  # fmt: skip
QWEN3 = {
    "vocab_size": 151936, "head_dim": 128, "num_key_value_heads": 4, "num_experts": 128,
    "num_experts_per_tok": 8, "tie_word_embeddings": False,
}  # fmt: skip
CONFIGS = {
    "Mixtral 8x7B": ("mixtral", {
        "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
        "num_local_experts": 8, "num_experts_per_tok": 2}),
    "Mixtral 8x22B": ("mixtral", {
        "vocab_size": 32000, "hidden_size": 6144, "intermediate_size": 16384,
        "num_hidden_layers": 56, "num_attention_heads": 48, "num_key_value_heads": 8,
        "num_local_experts": 8, "num_experts_per_tok": 2}),
    "OLMoE 1B-7B": ("olmoe", {
        "vocab_size": 50304, "hidden_size": 2048, "intermediate_size": 1024,
        "num_hidden_layers": 16, "num_attention_heads": 16, "num_key_value_heads": 16,
        "num_experts": 64, "num_experts_per_tok": 8}),
    "Llama 4 Maverick": ("llama4_text", {
        "vocab_size": 202048, "hidden_size": 5120, "intermediate_size": 8192,
        "intermediate_size_mlp": 16384, "num_hidden_layers": 48, "num_attention_heads": 40,
        "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 128,
        "num_experts_per_tok": 1, "interleave_moe_layer_step": 2}),
    "gpt-oss-20b": ("gpt_oss", {**OSS, "num_hidden_layers": 24, "num_local_experts": 32}),
    "gpt-oss-120b": ("gpt_oss", {**OSS, "num_hidden_layers": 36, "num_local_experts": 128}),
    "Qwen3 30B-A3B": ("qwen3_moe", {
        **QWEN3, "hidden_size": 2048, "moe_intermediate_size": 768, "num_hidden_layers": 48,
        "num_attention_heads": 32}),
    "Qwen3 235B-A22B": ("qwen3_moe", {
        **QWEN3, "hidden_size": 4096, "moe_intermediate_size": 1536, "num_hidden_layers": 94,
        "num_attention_heads": 64}),
    "GLM-4.5-Air": ("glm4_moe", {
        "vocab_size": 151552, "hidden_size": 4096, "intermediate_size": 10944,
        "moe_intermediate_size": 1408, "num_hidden_layers": 46, "num_attention_heads": 96,
        "num_key_value_heads": 8, "head_dim": 128, "n_routed_experts": 128, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 1, "attention_bias": True}),
    "DeepSeek-V2": ("deepseek_v2", {
        **MLA, "vocab_size": 102400, "hidden_size": 5120, "intermediate_size": 12288,
        "moe_intermediate_size": 1536, "num_hidden_layers": 60, "num_attention_heads": 128,
        "num_key_value_heads": 128, "n_routed_experts": 160, "n_shared_experts": 2,
        "num_experts_per_tok": 6, "first_k_dense_replace": 1}),
    "DeepSeek-V3": ("deepseek_v3", {
        **MLA, "vocab_size": 129280, "hidden_size": 7168, "intermediate_size": 18432,
        "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 128,
        "num_key_value_heads": 128, "n_routed_experts": 256, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 3}),
    "Kimi K2": ("deepseek_v3", {
        **MLA, "vocab_size": 163840, "hidden_size": 7168, "intermediate_size": 18432,
        "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 64,
        "num_key_value_heads": 64, "n_routed_experts": 384, "n_shared_experts": 1,
        "num_experts_per_tok": 8, "first_k_dense_replace": 1}),
}  # fmt: skip


def count(model_type: str, fields: dict) -> dict[str, int]:
    """All weights, and those of the k experts that a token uses beside what is not routed."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(model_type, **fields)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    experts = getattr(config, "num_local_experts", None) or config.num_experts
    total = active = 0
    for name, weight in model.state_dict().items():
        routed = ".experts." in name and weight.shape[0] == experts
        total += weight.numel()
        active += (
            weight.numel() // experts * config.num_experts_per_tok if routed else weight.numel()
        )
    return {"total": total, "active": active}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the stored values")
    parser.add_argument("--write", action="store_true", help="store the values anew")
    arguments = parser.parse_args()
    import transformers

    got = {name: count(*config) for name, config in CONFIGS.items()}
    if arguments.write:
        stored = {"transformers": transformers.__version__, "models": got}
        STORED.write_text(json.dumps(stored, indent=1) + "\n")
    wanted = json.loads(STORED.read_text())["models"]
    assert got == wanted, f"got {got}, stored {wanted}"
    print(f"moe_parameters: {len(got)} models as stored (transformers {transformers.__version__})")


if __name__ == "__main__":
    main()
