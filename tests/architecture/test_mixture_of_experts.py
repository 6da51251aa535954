"""The layer: three blocks of transformers, capacity and its drops, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.mixture_of_experts import (
    ExpertWeights,
    MixtureOfExperts,
    MixtureOfExpertsConfig,
    capacity_experts,
    dropless_experts,
    expert_capacity,
    places,
)
from whiteboard.architecture.router import Routing, route

STORED = "moe_blocks.npz"
SHAPES = {"hidden_size": 13, "expert_size": 7, "num_experts": 11, "top_k": 3}
CONFIGS = {
    "mixtral": MixtureOfExpertsConfig(**SHAPES),
    "olmoe": MixtureOfExpertsConfig(**SHAPES, normalize=False),
    "deepseek": MixtureOfExpertsConfig(
        **SHAPES, num_shared_experts=2, scoring="sigmoid", scale=2.5
    ),
}


def _with_weights(stored, name) -> MixtureOfExperts:
    """The reference's matrices cut into ours: theirs are [out, in], gate over up in one."""
    layer = MixtureOfExperts(CONFIGS[name], rngs=nnx.Rngs(0))
    both, down = (stored[f"{name}.experts.{part}_proj"] for part in ("gate_up", "down"))
    gate, up = np.split(both.swapaxes(1, 2), 2, axis=2)
    for ours, theirs in zip(layer.experts, (gate, up, down.swapaxes(1, 2))):
        ours[...] = theirs
    layer.router[...] = stored[f"{name}.gate.weight"].T
    if name == "deepseek":
        layer.expert_bias[...] = stored["deepseek.gate.e_score_correction_bias"]
        for ours, part in zip(layer.shared, ("gate", "up", "down")):
            ours[...] = stored[f"deepseek.shared_experts.{part}_proj.weight"].T[None]
    return layer


@pytest.mark.parametrize("name", CONFIGS)
def test_the_layer_is_transformers_block(stored, name):
    output, logits, _ = _with_weights(stored, name)(jnp.asarray(stored["x"]))
    np.testing.assert_allclose(output, stored[f"{name}.output"], atol=2e-5)
    np.testing.assert_allclose(logits, stored[f"{name}.logits"], atol=1e-5)


def _layer(seed=0, tokens=17) -> tuple[jax.Array, Routing, ExpertWeights]:
    keys = jax.random.split(jax.random.key(seed), 5)
    shapes = ((5, 3, 7), (5, 3, 7), (5, 7, 3))
    weights = ExpertWeights(*(jax.random.normal(k, s) for k, s in zip(keys, shapes)))
    routing = route(jax.random.normal(keys[3], (tokens, 5)), top_k=2)
    return jax.random.normal(keys[4], (tokens, 3)), routing, weights


def test_enough_capacity_is_dropless():
    layer = _layer()
    got, kept = capacity_experts(*layer, capacity=17)
    assert kept.all()
    np.testing.assert_allclose(got, dropless_experts(*layer), atol=1e-5)


def test_first_choices_come_before_second_ones():
    """Tokens 0 and 1 want expert 0, token 2 takes it second: it is last in the queue."""
    experts = jnp.array([[2, 0], [0, 1], [0, 2]])
    np.testing.assert_array_equal(places(experts, 3), [[0, 2], [0, 0], [1, 1]])


def test_a_dropped_assignment_adds_nothing():
    x, routing, weights = _layer()
    got, kept = capacity_experts(x, routing, weights, capacity=4)
    assert 0 < kept.sum() == jnp.minimum(jnp.bincount(routing.experts.reshape(-1)), 4).sum()
    masked = Routing(routing.experts, routing.gates * kept)
    np.testing.assert_allclose(got, dropless_experts(x, masked, weights), atol=1e-5)


def test_both_ways_have_the_same_gradients():
    x, routing, weights = _layer()

    def loss(x, gates, weights, ways):
        routed = Routing(routing.experts, gates)
        out = (
            capacity_experts(x, routed, weights, 17)[0]
            if ways
            else dropless_experts(x, routed, weights)
        )
        return (out**2).sum()

    both = [jax.grad(loss, (0, 1, 2))(x, routing.gates, weights, way) for way in (False, True)]
    for a, b in zip(*map(jax.tree.leaves, both)):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)


def test_capacity_rounds_up():
    assert expert_capacity(256, num_experts=8, top_k=2, capacity_factor=1.0) == 64
    assert expert_capacity(17, num_experts=5, top_k=2, capacity_factor=1.25) == 9


def test_the_bias_is_no_parameter():
    layer = MixtureOfExperts(CONFIGS["mixtral"], rngs=nnx.Rngs(0))
    assert "expert_bias" not in nnx.state(layer, nnx.Param)
