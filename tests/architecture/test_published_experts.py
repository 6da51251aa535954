"""Published models: every weight as transformers builds it, and the makers' rounded figures."""

import json
from pathlib import Path

import jax
import pytest

from whiteboard.architecture.load_balancing import expert_load
from whiteboard.architecture.published_experts import (
    DEEPSEEK_V3,
    MIXTRAL_8X7B,
    MODELS,
    distinct_experts,
    parameters,
)
from whiteboard.architecture.router import route

STORED = Path(__file__).parents[1] / "references" / "moe_parameters.json"
REFERENCE = json.loads(STORED.read_text())["models"]


def test_every_reference_is_a_model():
    assert set(REFERENCE) == {model.name for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_weights_are_those_that_transformers_builds(model):
    reference = REFERENCE[model.name]
    assert parameters(model) == reference["total"]
    assert parameters(model, model.top_k) == reference["active"]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_makers_figures_are_ours_rounded(model):
    """Makers differ in whether they count both embeddings, the output alone, or neither."""
    total, active = model.says
    table = model.vocab_size * model.hidden_size
    assert abs(parameters(model) / 1e9 / total - 1) < 0.03
    ways = [(parameters(model, model.top_k) - n * table) / 1e9 for n in (0, 1, 2)]
    assert min(abs(way / active - 1) for way in ways) < 0.02, ways


def test_mixtral_from_the_formula_of_its_paper():
    attention = 2 * 4096 * 4096 + 2 * 4096 * 1024
    layer = attention + 8 * 3 * 4096 * 14_336 + 4096 * 8 + 2 * 4096
    assert parameters(MIXTRAL_8X7B) == 32 * layer + 2 * 32_000 * 4096 + 4096 == 46_702_792_704


@pytest.mark.parametrize(("model", "tokens"), [(MIXTRAL_8X7B, 4), (DEEPSEEK_V3, 32)])
def test_distinct_experts_are_those_that_a_random_router_reads(model, tokens):
    def read(key):
        logits = jax.random.normal(key, (tokens, model.num_experts))
        return (expert_load(route(logits, top_k=model.top_k).experts, model.num_experts) > 0).sum()

    seen = jax.vmap(read)(jax.random.split(jax.random.key(0), 400)).mean()
    want = distinct_experts(model.num_experts, model.top_k, tokens)
    assert abs(seen / want - 1) < 0.03
