"""Balancing: transformers' losses, the bounds, the bias that finds an even load, the z-loss."""

import jax
import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.load_balancing import (
    expert_load,
    load_balancing_loss,
    router_z_loss,
    update_expert_bias,
)
from whiteboard.architecture.router import route

STORED = "moe_blocks.npz"


def test_the_loss_is_that_of_transformers_over_k(stored):
    logits = jnp.asarray(stored["mixtral.logits"])
    got = load_balancing_loss(jax.nn.softmax(logits), route(logits, top_k=3).experts)
    np.testing.assert_allclose(3 * got, stored["balancing"], rtol=1e-6)


def test_the_z_loss_is_that_of_transformers(stored):
    got = router_z_loss(jnp.asarray(stored["mixtral.logits"]))
    np.testing.assert_allclose(got, stored["z_loss"], rtol=1e-6)


def test_the_z_loss_by_hand():
    """Two equal logits c give (c + log 2)^2."""
    np.testing.assert_allclose(
        router_z_loss(jnp.full((3, 2), 5.0)), (5 + np.log(2)) ** 2, rtol=1e-6
    )


def test_load_counts_assignments():
    got = expert_load(jnp.array([[0, 2], [2, 3]]), 5)
    np.testing.assert_allclose(got, [0.25, 0, 0.5, 0.25, 0])


def test_the_loss_is_largest_when_k_experts_get_all():
    experts = jnp.zeros((7, 2), int).at[:, 1].set(1)
    probs = jnp.zeros((7, 6)).at[:, :2].set(0.5)
    assert load_balancing_loss(probs, experts) == 3.0  # E / k


def test_the_bias_evens_a_skewed_load_without_touching_scores():
    logits = jax.random.normal(jax.random.key(0), (512, 8)) + 2 * jnp.arange(8)[None] / 7
    bias = jnp.zeros(8)

    def step(bias, _):
        load = expert_load(route(logits, top_k=2, expert_bias=bias).experts, 8)
        return update_expert_bias(bias, load, rate=0.003), load

    _, loads = jax.lax.scan(step, bias, length=200)
    assert loads[0].max() > 0.25 > 0.15 > loads[-1].max()


def test_an_even_load_leaves_the_bias():
    bias = jnp.arange(4.0)
    np.testing.assert_array_equal(update_expert_bias(bias, jnp.full(4, 0.25), rate=0.1), bias)
