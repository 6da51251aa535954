"""What published shapes cache: by hand, and against figures others published."""

import json
import math

import pytest

from whiteboard.architecture import published_caches as pc
from whiteboard.architecture.cache_bytes import (
    DTYPES,
    FP8,
    CacheLayers,
    bytes_per_token,
    cache_bytes,
)
from whiteboard.data.published_models import published_models


def test_layers_and_kind_follow_from_the_shape() -> None:
    assert pc.BY_NAME["Llama 2 7B"].layers == (CacheLayers(32, 64, 128),)
    assert pc.BY_NAME["Mistral 7B v0.1"].layers == (CacheLayers(32, 16, 128, 4096),)
    assert pc.BY_NAME["Gemma 3 27B"].layers == (
        CacheLayers(52, 32, 128, 1024),
        CacheLayers(10, 32, 128),
    )
    assert pc.BY_NAME["Kimi K2"].layers == (CacheLayers(61, 1, 576),)
    kinds = [pc.BY_NAME[name].kind for name in ("Llama 2 7B", "Falcon 7B", "Gemma 3 27B")]
    assert kinds == ["MHA", "MQA", "GQA-16, 5 of 6 layers window 1,024"]


def test_a_model_without_its_longest_context_is_refused() -> None:
    with pytest.raises(ValueError, match="OLMoE 1B-7B: wanted max_length"):
        pc.cached_model(published_models()["OLMoE 1B-7B"])


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
    data = pc.calculator()
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
