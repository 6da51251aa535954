"""What published models cache, what accelerators hold, and the data of the page's calculator.

Shapes are those of `whiteboard.data.published_models`, memory is that of
`whiteboard.data.accelerators`; each names its sources.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
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
from whiteboard.architecture.parameter_count import parameters
from whiteboard.data.accelerators import accelerators
from whiteboard.data.published_models import PublishedModel, published_models


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


_SHOWN = {
    "gpt-oss-120b": "gpt-oss 120B"
}  # names as the page's table prints them, where they differ


def cached_model(model: PublishedModel) -> CachedModel:
    """What a published model caches, from its shape.

    Args:
        model: one whose longest context is given.

    Returns:
        The layers that cache alike, the windowed ones first, and what the comparisons need.

    Raises:
        ValueError: the table has no longest context for it.
    """
    if model.max_length is None:
        raise ValueError(f"{model.name}: wanted max_length in published_models.json, got none")
    return CachedModel(
        _SHOWN.get(model.name, model.name),
        _kind(model),
        model.num_heads,
        tuple(_layers(model)),
        parameters(model),
        model.max_length,
        model.source,
    )


def _layers(model: PublishedModel) -> Iterator[CacheLayers]:
    """The windowed layers, then those that keep every token."""
    count, latent = model.num_layers, model.latent
    if latent is not None:
        rank, rope = latent.kv_lora_rank, latent.qk_rope_head_dim
        yield latent_layers(count, kv_lora_rank=rank, qk_rope_head_dim=rope)
        return
    heads, width = model.num_kv_heads, model.head_dim
    full = count
    if model.window:
        full = count // model.full_every if model.full_every else 0
        yield kv_layers(count - full, num_kv_heads=heads, head_dim=width, window=model.window)
    if full:
        yield kv_layers(full, num_kv_heads=heads, head_dim=width)


def _kind(model: PublishedModel) -> str:
    if model.latent is not None:
        return "MLA"
    kv_heads, every = model.num_kv_heads, model.full_every
    kind = {model.num_heads: "MHA", 1: "MQA"}.get(kv_heads, f"GQA-{kv_heads}")
    if model.window is None:
        return kind
    which = f"{every - 1} of {every} layers " if every else ""
    return f"{kind}, {which}window {model.window:,}"


_NAMES = (
    "SmolLM2 135M", "Llama 2 7B", "Llama 3.1 8B", "Llama 3.1 70B", "Llama 3.1 405B",
    "Qwen2.5 7B", "Qwen2.5 72B", "Mixtral 8x7B", "Falcon 7B", "Mistral 7B v0.1", "Gemma 3 27B",
    "gpt-oss-120b", "DeepSeek-V3", "Kimi K2",
)  # fmt: skip
MODELS = tuple(cached_model(published_models()[name]) for name in _NAMES)
BY_NAME = {model.name: model for model in MODELS}
LLAMA_3_70B = BY_NAME["Llama 3.1 70B"]

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


def calculator() -> dict[str, Any]:
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
