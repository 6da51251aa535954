"""Shapes: refused when they cannot be, and counted as their publishers count them."""

import dataclasses
import math

import jax
import pytest
from flax import nnx

from whiteboard.architecture.cache_bytes import bytes_per_token
from whiteboard.architecture.published_caches import BY_NAME
from whiteboard.lm import Decoder, DecoderConfig, published


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        # Totals of the files on the Hugging Face hub.
        (published.LLAMA_2_7B, 6_738_415_616),
        (published.LLAMA_3_8B, 8_030_261_248),
        (published.LLAMA_3_70B, 70_553_706_496),
        (published.LLAMA_3_1_405B, 405_853_388_800),
        (published.MISTRAL_7B, 7_241_732_096),
        (published.QWEN_2_5_7B, 7_615_616_512),
        (published.QWEN_2_5_72B, 72_706_203_648),
        (DecoderConfig.smollm2_135m(), 134_515_008),
    ],
)
def test_the_parameters_of_published_models(config, parameters):
    assert config.num_parameters == parameters


@pytest.mark.parametrize(
    "changes", [{}, {"tie_embeddings": False}, {"qkv_bias": True, "num_kv_heads": 1}]
)
def test_a_decoder_has_the_parameters_that_its_shape_says(changes):
    config = DecoderConfig.tiny(**changes)
    shapes = nnx.eval_shape(lambda: Decoder(config, rngs=nnx.Rngs(0)))
    leaves = jax.tree.leaves(nnx.state(shapes, nnx.Param))
    assert sum(math.prod(leaf.shape) for leaf in leaves) == config.num_parameters


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


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("SmolLM2 135M", DecoderConfig.smollm2_135m()),
        ("Llama 2 7B", published.LLAMA_2_7B),
        ("Llama 3.1 8B", published.LLAMA_3_8B),
        ("Llama 3.1 70B", published.LLAMA_3_70B),
        ("Llama 3.1 405B", published.LLAMA_3_1_405B),
        ("Mistral 7B v0.1", published.MISTRAL_7B),
        ("Qwen2.5 7B", published.QWEN_2_5_7B),
        ("Qwen2.5 72B", published.QWEN_2_5_72B),
    ],
)
def test_the_cache_calculator_holds_the_same_shapes(name, config):
    model = BY_NAME[name]
    cached = 2 * config.num_layers * config.num_kv_heads * config.head_dim * 2
    assert bytes_per_token(model.layers) == cached
    assert (model.num_heads, model.parameters) == (config.num_heads, config.num_parameters)
