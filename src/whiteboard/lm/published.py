"""Published decoders of the same family, for arithmetic; too large to run here.

Each is its config.json. What a shape leaves out: Llama 3.1 stretches its rotary frequencies past
8,192 tokens, and Mistral 7B reads only the last 4,096 tokens in each layer.

Source: the models' repositories on the Hugging Face hub; arXiv 2407.21783, table 3 (Llama 3),
2310.06825, table 1 (Mistral 7B), 2412.15115, table 1 (Qwen2.5).
"""

from dataclasses import replace

from whiteboard.lm.config import DecoderConfig

LLAMA_3_8B = DecoderConfig(
    vocab_size=128_256,
    hidden_size=4096,
    intermediate_size=14_336,
    num_layers=32,
    num_heads=32,
    num_kv_heads=8,
    head_dim=128,
    rope_theta=500_000.0,
    norm_eps=1e-5,
    max_length=8192,
    tie_embeddings=False,
)
LLAMA_3_70B = replace(
    LLAMA_3_8B, hidden_size=8192, intermediate_size=28_672, num_layers=80, num_heads=64
)
LLAMA_3_1_405B = replace(
    LLAMA_3_8B,
    hidden_size=16_384,
    intermediate_size=53_248,
    num_layers=126,
    num_heads=128,
    max_length=131_072,
)
LLAMA_2_7B = replace(
    LLAMA_3_8B,
    vocab_size=32_000,
    intermediate_size=11_008,
    num_kv_heads=32,
    rope_theta=10_000.0,
    max_length=4096,
)
MISTRAL_7B = replace(LLAMA_3_8B, vocab_size=32_000, rope_theta=10_000.0, max_length=32_768)
QWEN_2_5_7B = DecoderConfig(
    vocab_size=152_064,
    hidden_size=3584,
    intermediate_size=18_944,
    num_layers=28,
    num_heads=28,
    num_kv_heads=4,
    head_dim=128,
    rope_theta=1_000_000.0,
    norm_eps=1e-6,
    max_length=32_768,
    tie_embeddings=False,
    qkv_bias=True,
)
QWEN_2_5_72B = replace(
    QWEN_2_5_7B,
    hidden_size=8192,
    intermediate_size=29_568,
    num_layers=80,
    num_heads=64,
    num_kv_heads=8,
)
