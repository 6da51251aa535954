"""Published mixtures of experts: which they are, and how many experts a batch reads."""

from __future__ import annotations

from whiteboard.data.published_models import published_models

MODELS = tuple(model for model in published_models().values() if model.num_experts)
MIXTRAL_8X7B = published_models()["Mixtral 8x7B"]
DEEPSEEK_V3 = published_models()["DeepSeek-V3"]


def distinct_experts(num_experts: int, top_k: int, tokens: int) -> float:
    """E (1 - (1 - k/E)^tokens): experts that a layer reads for a batch, when all are as likely.

    Args:
        num_experts: E routed experts of a layer.
        top_k: k experts a token uses.
        tokens: tokens of the batch, each choosing independently.

    Returns:
        Expected number of different experts.
    """
    return num_experts * (1 - (1 - top_k / num_experts) ** tokens)
