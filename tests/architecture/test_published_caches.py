"""Published shapes: against the decoder configs, and against figures others published."""

import json
import math

import pytest

from whiteboard.architecture import published_caches as pc
from whiteboard.architecture.cache_bytes import DTYPES, FP8, bytes_per_token, cache_bytes
from whiteboard.lm import DecoderConfig, published

CONFIGS = {
    "SmolLM2 135M": DecoderConfig.smollm2_135m(),
    "Llama 2 7B": published.LLAMA_2_7B,
    "Llama 3.1 8B": published.LLAMA_3_8B,
    "Llama 3.1 70B": published.LLAMA_3_70B,
    "Llama 3.1 405B": published.LLAMA_3_1_405B,
    "Mistral 7B v0.1": published.MISTRAL_7B,
    "Qwen2.5 7B": published.QWEN_2_5_7B,
    "Qwen2.5 72B": published.QWEN_2_5_72B,
}


@pytest.mark.parametrize("name", CONFIGS)
def test_shapes_are_those_of_the_decoder_configs(name: str) -> None:
    model, config = pc.BY_NAME[name], CONFIGS[name]
    assert model.parameters == config.num_parameters
    assert model.num_heads == config.num_heads
    (layers,) = model.layers
    assert (layers.count, layers.width) == (config.num_layers, config.head_dim)
    assert layers.vectors == 2 * config.num_kv_heads


@pytest.mark.parametrize(
    ("name", "kib"),
    [("Llama 3.1 8B", 128), ("Llama 3.1 405B", 504), ("Qwen2.5 7B", 56), ("Qwen2.5 72B", 320),
     ("Llama 2 7B", 512), ("DeepSeek-V3", 68.625), ("Kimi K2", 68.625), ("Falcon 7B", 8),
     ("Mixtral 8x7B", 128), ("Gemma 3 27B", 496), ("gpt-oss 120B", 72)],
)  # fmt: skip
def test_kib_a_token(name: str, kib: float) -> None:
    assert bytes_per_token(pc.BY_NAME[name].layers) / 1024 == kib


def test_windows_cap_the_cache() -> None:
    gemma, oss = pc.BY_NAME["Gemma 3 27B"].layers, pc.BY_NAME["gpt-oss 120B"].layers
    # By hand, bfloat16: 52 windowed layers stop at 1,024 tokens, 10 go on.
    assert cache_bytes(gemma, tokens=100_000) == 8192 * (52 * 1024 + 10 * 100_000)
    assert cache_bytes(oss, tokens=131_072, dtype=FP8) == 1024 * 18 * (128 + 131_072)


def test_how_many_8k_users_fit_on_eight_h100() -> None:
    found = pc.fit(pc.LLAMA_3_70B, tokens=8192, batch=1)
    assert found.largest_batch == 185
    assert found.sequence_bytes == 8192 * 327_680
    assert found.free_bytes == 640 * 10**9 - 2 * 70_553_706_496
    assert pc.fit(pc.LLAMA_3_70B, tokens=8192, batch=1, devices=1).largest_batch == 0


def test_the_calculators_data_is_json_and_exact_in_a_browser() -> None:
    data = pc.kv_cache_widget()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert len(data["models"]) >= 10
    for model in pc.MODELS:
        most = cache_bytes(model.layers, tokens=model.max_length, batch=512)
        assert most < 2**53
    assert max(data["accelerators"].values()) * 100 * 72 < 2**53


@pytest.mark.parametrize("model", pc.MODELS, ids=lambda m: m.name)
def test_every_model_says_where_it_is_from(model: pc.CachedModel) -> None:
    owner, _, repository = model.source.partition("/")
    assert owner
    assert repository
    assert model.parameters > 0
    assert math.log2(model.max_length) >= 10
    assert set(DTYPES) >= {"bf16", "fp8", "int8", "int4"}
