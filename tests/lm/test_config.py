"""Shapes: refused when they cannot be, and counted as their publishers count them."""

import dataclasses

import pytest

from whiteboard.lm import DecoderConfig, published


def test_groups_are_query_heads_per_kv_head():
    assert published.LLAMA_3_70B.num_groups == 8
    assert published.QWEN_2_5_7B.num_groups == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_heads": 5, "num_kv_heads": 2}, "num_heads 5 is no multiple of num_kv_heads 2"),
        ({"head_dim": 15}, "head_dim must be even"),
        ({"num_layers": 0}, "num_layers must be positive, got 0"),
        ({"norm_eps": float("nan")}, "norm_eps must be positive, got nan"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        DecoderConfig.tiny(**changes)


def test_a_config_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DecoderConfig.tiny().num_layers = 3


def test_a_published_shape_is_that_of_the_table():
    llama = DecoderConfig.published("Llama 3.1 8B")
    assert llama == published.LLAMA_3_8B
    assert (llama.num_parameters, llama.rope_theta) == (8_030_261_248, 500_000.0)
    assert (llama.norm_eps, llama.max_length) == (1e-5, 8192)  # past it frequencies are scaled
    assert published.MISTRAL_7B.max_length == 32_768
    assert published.QWEN_2_5_7B.qkv_bias
    assert DecoderConfig.smollm2_135m().tie_embeddings


@pytest.mark.parametrize("name", ["Mixtral 8x7B", "Llama 9"])
def test_a_shape_that_is_not_of_this_family_is_refused(name):
    with pytest.raises(ValueError, match=rf"wanted one of .*SmolLM2 135M; got '{name}'"):
        DecoderConfig.published(name)
