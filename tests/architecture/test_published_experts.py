"""Published mixtures of experts: which models they are, and the experts that a batch reads."""

import jax
import pytest

from whiteboard.architecture.load_balancing import expert_load
from whiteboard.architecture.published_experts import (
    DEEPSEEK_V3,
    MIXTRAL_8X7B,
    MODELS,
    distinct_experts,
)
from whiteboard.architecture.router import route


def test_the_models_are_the_sparse_ones():
    assert len(MODELS) == 12
    assert all(model.num_experts > model.top_k > 0 for model in MODELS)
    assert {MIXTRAL_8X7B, DEEPSEEK_V3} <= set(MODELS)


@pytest.mark.parametrize(("model", "tokens"), [(MIXTRAL_8X7B, 4), (DEEPSEEK_V3, 32)])
def test_distinct_experts_are_those_that_a_random_router_reads(model, tokens):
    def read(key):
        logits = jax.random.normal(key, (tokens, model.num_experts))
        return (expert_load(route(logits, top_k=model.top_k).experts, model.num_experts) > 0).sum()

    seen = jax.vmap(read)(jax.random.split(jax.random.key(0), 400)).mean()
    want = distinct_experts(model.num_experts, model.top_k, tokens)
    assert abs(seen / want - 1) < 0.03
