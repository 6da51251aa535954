"""Weights counted from shapes: against transformers, files on the hub, and a formula by hand."""

import json
import math
from pathlib import Path

import jax
import pytest
from flax import nnx

from whiteboard.architecture.parameter_count import parameters
from whiteboard.data.published_models import ModelShape, published_models
from whiteboard.lm import Decoder, DecoderConfig

MODELS = published_models()
STORED = Path(__file__).parents[1] / "references" / "moe_parameters.json"
REFERENCE = json.loads(STORED.read_text())["models"]
# Dense models: totals of the files on the Hugging Face hub.
TOTALS = {
    "SmolLM2 135M": 134_515_008,
    "Llama 2 7B": 6_738_415_616,
    "Llama 3.1 8B": 8_030_261_248,
    "Llama 3.1 70B": 70_553_706_496,
    "Llama 3.1 405B": 405_853_388_800,
    "Qwen2.5 7B": 7_615_616_512,
    "Qwen2.5 72B": 72_706_203_648,
    "Falcon 7B": 7_217_189_760,
    "Mistral 7B v0.1": 7_241_732_096,
    "Gemma 3 27B": 27_432_406_640,
}


def test_every_model_has_a_total_that_is_not_ours():
    assert TOTALS.keys() | REFERENCE.keys() == MODELS.keys()


@pytest.mark.parametrize("name", TOTALS)
def test_dense_weights_are_those_of_the_published_files(name):
    assert parameters(MODELS[name]) == TOTALS[name]


@pytest.mark.parametrize("name", REFERENCE)
def test_sparse_weights_are_those_that_transformers_builds(name):
    model, reference = MODELS[name], REFERENCE[name]
    assert parameters(model) == reference["total"]
    assert parameters(model, model.top_k) == reference["active"]


@pytest.mark.parametrize("name", REFERENCE)
def test_makers_figures_are_ours_rounded(name):
    """Makers differ in whether they count both embeddings, the output alone, or neither."""
    model = MODELS[name]
    total, active = model.says
    table = model.vocab_size * model.hidden_size
    assert abs(parameters(model) / 1e9 / total - 1) < 0.03
    ways = [(parameters(model, model.top_k) - n * table) / 1e9 for n in (0, 1, 2)]
    assert min(abs(way / active - 1) for way in ways) < 0.02, ways


def test_mixtral_from_the_formula_of_its_paper():
    attention = 2 * 4096 * 4096 + 2 * 4096 * 1024
    layer = attention + 8 * 3 * 4096 * 14_336 + 4096 * 8 + 2 * 4096
    want = 32 * layer + 2 * 32_000 * 4096 + 4096
    assert parameters(MODELS["Mixtral 8x7B"]) == want == 46_702_792_704


def test_beside_gemma_stand_siglip_and_a_projection():
    """SigLIP so400m reads 896 x 896 in patches of 14; its config.json and arXiv 2503.19786."""
    width, inner = 1152, 4304
    layer = 4 * (width + 1) * width + 2 * width * inner + inner + width + 4 * width
    patches = (3 * 14 * 14 + 1) * width + (896 // 14) ** 2 * width
    vision = patches + 27 * layer + 2 * width
    gemma = MODELS["Gemma 3 27B"]
    assert gemma.beside_decoder == vision + width * gemma.hidden_size + width


@pytest.mark.parametrize(
    "config",
    [
        DecoderConfig.smollm2_135m(),
        DecoderConfig.tiny(),
        DecoderConfig.tiny(tie_embeddings=False),
        DecoderConfig.tiny(qkv_bias=True, num_kv_heads=1),
    ],
    ids=["smollm2-135m", "tiny", "untied", "biases"],
)
def test_a_decoder_has_as_many_weights(config):
    shapes = nnx.eval_shape(lambda: Decoder(config, rngs=nnx.Rngs(0)))
    leaves = jax.tree.leaves(nnx.state(shapes, nnx.Param))
    assert sum(math.prod(leaf.shape) for leaf in leaves) == config.num_parameters


def test_every_part_of_a_sparse_shape_by_hand():
    shape = ModelShape(
        vocab_size=11, hidden_size=6, num_layers=3, num_heads=2, num_kv_heads=1, head_dim=5,
        qkv_bias=True, output_bias=True, qk_norm=7, sinks=True, intermediate_size=13,
        gated=False, num_dense_layers=1, num_experts=4, top_k=2, expert_size=9,
        num_shared_experts=1, router_bias=True, expert_bias=True, layer_norms=4, norm_bias=True,
        tie_embeddings=True, beside_decoder=1000,
    )  # fmt: skip
    attention = 6 * 10 + 2 * (6 * 5) + 10 * 6 + (10 + 5 + 5) + 6 + 7 + 2
    norms = 4 * (6 + 6)
    expert = 3 * 6 * 9 + 9 + 9 + 6
    sparse = 6 * 4 + 4 + (4 + 1) * expert
    dense = 2 * 6 * 13
    want = 11 * 6 + 3 * (attention + norms) + 2 * sparse + dense + 6 + 6 + 1000
    assert parameters(shape) == want
    assert parameters(shape, 0) == want - 2 * 4 * expert
    assert parameters(shape, shape.top_k) == want - 2 * 2 * expert
