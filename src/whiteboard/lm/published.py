"""Published decoders of the same family, for arithmetic; too large to run here.

What a shape leaves out: Llama 3.1 stretches its rotary frequencies past 8,192 tokens, and
Mistral 7B reads only the last 4,096 tokens in each layer.

Source: `whiteboard.data.published_models`; arXiv 2407.21783, table 3 (Llama 3), 2310.06825, table 1
(Mistral 7B), 2412.15115, table 1 (Qwen2.5).
"""

from whiteboard.lm.config import DecoderConfig

LLAMA_3_8B = DecoderConfig.published("Llama 3.1 8B")
LLAMA_3_70B = DecoderConfig.published("Llama 3.1 70B")
LLAMA_3_1_405B = DecoderConfig.published("Llama 3.1 405B")
LLAMA_2_7B = DecoderConfig.published("Llama 2 7B")
MISTRAL_7B = DecoderConfig.published("Mistral 7B v0.1")
QWEN_2_5_7B = DecoderConfig.published("Qwen2.5 7B")
QWEN_2_5_72B = DecoderConfig.published("Qwen2.5 72B")
