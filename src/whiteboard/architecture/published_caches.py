"""What published models cache, what accelerators hold, and the data of the page's calculator.

Every shape is the model's config.json on the Hugging Face hub; `source` names the repository.
Memory is that of `whiteboard.data.accelerators`, which names each vendor's page.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from whiteboard.architecture.cache_bytes import (
    BF16,
    DTYPES,
    CacheDtype,
    CacheLayers,
    bytes_per_token,
    cache_bytes,
    kv_layers,
    largest_batch,
    latent_layers,
)
from whiteboard.data.accelerators import accelerators


@dataclasses.dataclass(frozen=True)
class CachedModel:
    """A model as its cache sees it.

    Attributes:
        kind: MHA, GQA, MQA or MLA, and the window if there is one.
        num_heads: query heads, for the comparison with MHA.
        parameters: all weights, experts included.
        max_length: the longest context its maker states.
        source: repository on the Hugging Face hub.
    """

    name: str
    kind: str
    num_heads: int
    layers: tuple[CacheLayers, ...]
    parameters: int
    max_length: int
    source: str


def _gqa(name: str, heads: int, kv_heads: int, count: int, head_dim: int, parameters: int,
         max_length: int, source: str) -> CachedModel:  # fmt: skip
    kind = {heads: "MHA", 1: "MQA"}.get(kv_heads, f"GQA-{kv_heads}")
    layers = (kv_layers(count, num_kv_heads=kv_heads, head_dim=head_dim),)
    return CachedModel(name, kind, heads, layers, parameters, max_length, source)


_MLA = latent_layers(61, kv_lora_rank=512, qk_rope_head_dim=64)
LLAMA_3_70B = _gqa("Llama 3.1 70B", 64, 8, 80, 128, 70_553_706_496, 131_072,
                   "meta-llama/Llama-3.1-70B")  # fmt: skip
MODELS = (
    _gqa("SmolLM2 135M", 9, 3, 30, 64, 134_515_008, 8192,
         "HuggingFaceTB/SmolLM2-135M-Instruct"),
    _gqa("Llama 2 7B", 32, 32, 32, 128, 6_738_415_616, 4096, "meta-llama/Llama-2-7b-hf"),
    _gqa("Llama 3.1 8B", 32, 8, 32, 128, 8_030_261_248, 131_072, "meta-llama/Llama-3.1-8B"),
    LLAMA_3_70B,
    _gqa("Llama 3.1 405B", 128, 8, 126, 128, 405_853_388_800, 131_072,
         "meta-llama/Llama-3.1-405B"),
    _gqa("Qwen2.5 7B", 28, 4, 28, 128, 7_615_616_512, 131_072, "Qwen/Qwen2.5-7B-Instruct"),
    _gqa("Qwen2.5 72B", 64, 8, 80, 128, 72_706_203_648, 131_072, "Qwen/Qwen2.5-72B-Instruct"),
    _gqa("Mixtral 8x7B", 32, 8, 32, 128, 46_702_792_704, 32_768, "mistralai/Mixtral-8x7B-v0.1"),
    _gqa("Falcon 7B", 71, 1, 32, 64, 7_217_189_760, 2048, "tiiuae/falcon-7b"),
    CachedModel(
        "Mistral 7B v0.1", "GQA-8, window 4,096", 32,
        (kv_layers(32, num_kv_heads=8, head_dim=128, window=4096),),
        7_241_732_096, 32_768, "mistralai/Mistral-7B-v0.1",
    ),
    CachedModel(
        "Gemma 3 27B", "GQA-16, 5 of 6 layers window 1,024", 32,
        (kv_layers(52, num_kv_heads=16, head_dim=128, window=1024),
         kv_layers(10, num_kv_heads=16, head_dim=128)),
        27_432_406_640, 131_072, "google/gemma-3-27b-it",
    ),
    CachedModel(
        "gpt-oss 120B", "GQA-8, 1 of 2 layers window 128", 64,
        (kv_layers(18, num_kv_heads=8, head_dim=64, window=128),
         kv_layers(18, num_kv_heads=8, head_dim=64)),
        116_829_156_672, 131_072, "openai/gpt-oss-120b",
    ),
    CachedModel("DeepSeek-V3", "MLA", 128, (_MLA,), 671_026_419_200, 163_840,
                "deepseek-ai/DeepSeek-V3"),
    CachedModel("Kimi K2", "MLA", 64, (_MLA,), 1_026_470_731_056, 131_072,
                "moonshotai/Kimi-K2-Instruct"),
)  # fmt: skip
BY_NAME = {model.name: model for model in MODELS}

# Bytes of memory of one device. An L4 serves and does not train, so the table of chips lacks it.
ACCELERATORS = {name: int(chip.memory) for name, chip in accelerators().items()}
ACCELERATORS["L4 24 GB"] = 24 * 10**9
WEIGHT_BITS = {"bf16": 16.0, "fp8": 8.0, "int4 with scales": 4.5}


@dataclasses.dataclass(frozen=True)
class Fit:
    """What the calculator says, in bytes: see `fit`."""

    bytes_per_token: int
    sequence_bytes: int
    cache_bytes: int
    weight_bytes: int
    free_bytes: int
    largest_batch: int


def fit(
    model: CachedModel,
    *,
    tokens: int,
    batch: int,
    dtype: CacheDtype = BF16,
    accelerator: str = "H100 80 GB",
    devices: int = 8,
    weights: str = "bf16",
    reserved_percent: int = 0,
) -> Fit:
    """Which batch fits beside the weights: (memory - reserve - weights) // one sequence's cache.

    Weights and cache are taken to be split evenly over the devices. Tensor parallelism does
    that up to as many devices as there are KV heads; past it, and for MLA, the cache is copied.

    Args:
        model: shape of the cache and number of parameters.
        tokens: length of each sequence.
        batch: sequences at once.
        dtype: how a cached vector is stored.
        accelerator: name in `ACCELERATORS`, which gives the memory of one device.
        devices: number of devices that share weights and cache.
        weights: name in `WEIGHT_BITS`: how the weights are stored.
        reserved_percent: share of the memory for activations, graphs and the allocator, in percent.

    Returns:
        Bytes of cache and weights over all devices, and the largest batch.
    """
    memory = ACCELERATORS[accelerator] * devices * (100 - reserved_percent) // 100
    weight_bytes = int(model.parameters * WEIGHT_BITS[weights] / 8)
    free = memory - weight_bytes
    return Fit(
        bytes_per_token=bytes_per_token(model.layers, dtype),
        sequence_bytes=cache_bytes(model.layers, tokens=tokens, dtype=dtype),
        cache_bytes=cache_bytes(model.layers, tokens=tokens, batch=batch, dtype=dtype),
        weight_bytes=weight_bytes,
        free_bytes=free,
        largest_batch=largest_batch(model.layers, memory=free, tokens=tokens, dtype=dtype),
    )


def kv_cache_widget() -> dict[str, Any]:
    """The data of the widget `kv-cache`: models, dtypes and accelerators, as this module has them.

    Bytes of a vector come from `CacheDtype`, so that the browser has no rule of its own for scales.
    """
    return {
        "models": [
            {
                "name": model.name,
                "kind": model.kind,
                "parameters": model.parameters,
                "max_length": model.max_length,
                "layers": [
                    {
                        "vectors": part.count * part.vectors,
                        "window": part.window,
                        "vector_bytes": {n: d.vector_bytes(part.width) for n, d in DTYPES.items()},
                    }
                    for part in model.layers
                ],
            }
            for model in MODELS
        ],
        "dtypes": list(DTYPES),
        "accelerators": ACCELERATORS,
        "weight_bits": WEIGHT_BITS,
    }
