"""Published mixtures of experts, counted from their configs: what is stored, what a token uses.

Each shape is the model's config.json on the Hugging Face hub; `source` names the repository.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SparseModel:
    """A decoder whose feed-forward layers are experts, as its config gives it.

    Attributes:
        attention: weights of one layer's attention, of `gqa` or `mla`.
        num_dense_layers: layers whose feed-forward is not sparse.
        dense_size: width of those layers' feed-forward.
        num_experts: E routed experts a sparse layer.
        top_k: k of them a token uses.
        expert_size: width F of one expert; each has three matrices of hidden_size x F.
        num_shared_experts: experts, of the same width, that every token uses.
        router_extra: weights of a layer's router beside its matrix: a bias of E.
        expert_bias: whether each expert's matrices have biases.
        says: (total, active) in billions, as the maker states them.
        source: repository on the Hugging Face hub.
    """

    name: str
    vocab_size: int
    hidden_size: int
    num_layers: int
    attention: int
    num_experts: int
    top_k: int
    expert_size: int
    says: tuple[float, float]
    source: str
    num_dense_layers: int = 0
    dense_size: int = 0
    num_shared_experts: int = 0
    router_extra: int = 0
    expert_bias: bool = False


def parameters(model: SparseModel, experts: int | None = None) -> int:
    """Weights of the decoder when each sparse layer has `experts` of its routed experts.

    2 V D + D for both embeddings and the last norm, then 2 D + attention a layer, and the
    feed-forwards: 3 D F an expert, and D E for a router.

    Args:
        model: the shapes.
        experts: routed experts to count in each layer, all by default; `model.top_k` counts what
            one token uses.

    Returns:
        Number of weights.
    """
    m, d = model, model.hidden_size
    one_expert = 3 * d * m.expert_size + (2 * m.expert_size + d) * m.expert_bias
    chosen = m.num_experts if experts is None else experts
    router = d * m.num_experts + m.router_extra
    sparse = router + (chosen + m.num_shared_experts) * one_expert
    dense = 3 * d * m.dense_size
    feed_forward = (m.num_layers - m.num_dense_layers) * sparse + m.num_dense_layers * dense
    return 2 * m.vocab_size * d + d + m.num_layers * (2 * d + m.attention) + feed_forward


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


def gqa(
    hidden_size: int,
    heads: int,
    kv_heads: int,
    head_dim: int,
    *,
    bias: bool = False,
    extra: int = 0,
) -> int:
    """Weights of grouped-query attention: 2 D N (H + K), with biases on q, k and v, and `extra`.

    Args:
        hidden_size: D, width of the model.
        heads: H query heads.
        kv_heads: K key and value heads.
        head_dim: N, width of a head.
        bias: whether q, k and v have biases.
        extra: weights to add: norms of queries and keys, an output bias, attention sinks.

    Returns:
        Number of weights in one layer.
    """
    width, kv_width = heads * head_dim, kv_heads * head_dim
    return 2 * hidden_size * (width + kv_width) + (width + 2 * kv_width) * bias + extra


def mla(hidden_size: int, heads: int) -> int:
    """Weights of DeepSeek's multi-head latent attention, whose widths all these models share.

    Args:
        hidden_size: D, width of the model.
        heads: H query heads.

    Returns:
        Number of weights in one layer.
    """
    q_rank, kv_rank, nope, rope, value = 1536, 512, 128, 64, 128
    query = (hidden_size + 1) * q_rank + q_rank * heads * (nope + rope)
    latent = hidden_size * (kv_rank + rope) + kv_rank
    return query + latent + kv_rank * heads * (nope + value) + heads * value * hidden_size


MIXTRAL_8X7B = SparseModel(
    "Mixtral 8x7B", 32_000, 4096, 32, gqa(4096, 32, 8, 128), 8, 2, 14_336,
    (46.7, 12.9), "mistralai/Mixtral-8x7B-v0.1",
)  # fmt: skip
DEEPSEEK_V3 = SparseModel(
    "DeepSeek-V3", 129_280, 7168, 61, mla(7168, 128), 256, 8, 2048,
    (671.0, 37.0), "deepseek-ai/DeepSeek-V3",
    num_dense_layers=3, dense_size=18_432, num_shared_experts=1, router_extra=256,
)  # fmt: skip
MODELS = (
    MIXTRAL_8X7B,
    SparseModel(
        "Mixtral 8x22B", 32_000, 6144, 56, gqa(6144, 48, 8, 128), 8, 2, 16_384,
        (141.0, 39.0), "mistralai/Mixtral-8x22B-v0.1",
    ),
    SparseModel(
        "OLMoE 1B-7B", 50_304, 2048, 16, gqa(2048, 16, 16, 128, extra=2 * 2048), 64, 8, 1024,
        (6.9, 1.3), "allenai/OLMoE-1B-7B-0924",
    ),
    SparseModel(
        "Llama 4 Maverick", 202_048, 5120, 48, gqa(5120, 40, 8, 128), 128, 1, 8192,
        (400.0, 17.0), "meta-llama/Llama-4-Maverick-17B-128E",
        num_dense_layers=24, dense_size=16_384, num_shared_experts=1,
    ),
    SparseModel(
        "gpt-oss-20b", 201_088, 2880, 24, gqa(2880, 64, 8, 64, bias=True, extra=2880 + 64),
        32, 4, 2880, (20.9, 3.6), "openai/gpt-oss-20b", router_extra=32, expert_bias=True,
    ),
    SparseModel(
        "gpt-oss-120b", 201_088, 2880, 36, gqa(2880, 64, 8, 64, bias=True, extra=2880 + 64),
        128, 4, 2880, (117.0, 5.1), "openai/gpt-oss-120b", router_extra=128, expert_bias=True,
    ),
    SparseModel(
        "Qwen3 30B-A3B", 151_936, 2048, 48, gqa(2048, 32, 4, 128, extra=2 * 128), 128, 8, 768,
        (30.5, 3.3), "Qwen/Qwen3-30B-A3B",
    ),
    SparseModel(
        "Qwen3 235B-A22B", 151_936, 4096, 94, gqa(4096, 64, 4, 128, extra=2 * 128), 128, 8, 1536,
        (235.0, 22.0), "Qwen/Qwen3-235B-A22B",
    ),
    SparseModel(
        "GLM-4.5-Air", 151_552, 4096, 46, gqa(4096, 96, 8, 128, bias=True), 128, 8, 1408,
        (106.0, 12.0), "zai-org/GLM-4.5-Air",
        num_dense_layers=1, dense_size=10_944, num_shared_experts=1, router_extra=128,
    ),
    SparseModel(
        "DeepSeek-V2", 102_400, 5120, 60, mla(5120, 128), 160, 6, 1536,
        (236.0, 21.0), "deepseek-ai/DeepSeek-V2",
        num_dense_layers=1, dense_size=12_288, num_shared_experts=2,
    ),
    DEEPSEEK_V3,
    SparseModel(
        "Kimi K2", 163_840, 7168, 61, mla(7168, 64), 384, 8, 2048,
        (1000.0, 32.0), "moonshotai/Kimi-K2-Instruct",
        num_dense_layers=1, dense_size=18_432, num_shared_experts=1, router_extra=384,
    ),
)  # fmt: skip
