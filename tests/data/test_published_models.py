"""The table of published shapes: every row whole, dated, and refused when it cannot be."""

import json
import re
from importlib.resources import files

import pytest

from whiteboard.data.published_models import LatentShape, ModelShape, published_models

MODELS = published_models()
SMALL = {"vocab_size": 5, "hidden_size": 4, "num_layers": 1, "num_heads": 2}
LATENT = LatentShape(
    q_lora_rank=2, kv_lora_rank=2, qk_nope_head_dim=2, qk_rope_head_dim=2, v_head_dim=2
)


def test_each_name_and_source_stands_once():
    stored = json.loads((files("whiteboard.data") / "published_models.json").read_text("utf8"))
    assert len(stored["models"]) == len(MODELS) > 20
    assert len({model.source for model in MODELS.values()}) == len(MODELS)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", stored["seen"])


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda m: m.name)
def test_a_row_says_where_it_is_from_and_holds_together(model):
    assert re.fullmatch(r"[\w-]+/[\w.-]+", model.source)
    assert model.num_kv_heads == 0 or model.num_heads % model.num_kv_heads == 0
    assert (model.says is None) != (model.num_experts > 0)
    assert model.num_dense_layers < model.num_layers


def test_a_row_by_hand():
    deepseek = MODELS["DeepSeek-V3"]
    assert deepseek.latent == LatentShape(
        q_lora_rank=1536,
        kv_lora_rank=512,
        qk_nope_head_dim=128,
        qk_rope_head_dim=64,
        v_head_dim=128,
    )
    assert (deepseek.num_experts, deepseek.top_k, deepseek.num_shared_experts) == (256, 8, 1)
    assert deepseek.says == (671.0, 37.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "wanted latent, or num_kv_heads and head_dim"),
        ({"num_kv_heads": 1}, "wanted latent, or num_kv_heads and head_dim"),
        (
            {"latent": LATENT, "num_kv_heads": 1, "head_dim": 2},
            "wanted latent, or num_kv_heads and head_dim",
        ),
        ({"latent": LATENT, "intermediate_size": 0}, "wanted intermediate_size, or all of num_exp"),
        ({"latent": LATENT, "num_experts": 3, "top_k": 1}, "all of num_experts, top_k and expert"),
    ],
)
def test_a_shape_that_cannot_be_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        ModelShape(**{**SMALL, "intermediate_size": 6, **changes})
