"""The toy: few experts in use without balancing, all with either scheme, and a lower error."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.expert_collapse import ToyExperts, experts_in_use, train_experts

TOY = ToyExperts()


@pytest.fixture(scope="module")
def collapsed():
    return train_experts(TOY, seed=1)


def test_without_balancing_most_experts_starve(collapsed):
    load = collapsed.load[-50:].mean(axis=0)
    assert (load < 0.02).sum() >= TOY.num_experts / 2
    assert experts_in_use(load) < 4


@pytest.mark.parametrize("cure", [{"loss_weight": 0.2}, {"bias_rate": 0.003}])
def test_either_scheme_brings_all_experts_back(collapsed, cure):
    cured = train_experts(TOY, seed=1, **cure)
    load = cured.load[-100:].mean(axis=0)
    assert load.min() > 0.02
    assert experts_in_use(load) > 6.5
    assert cured.error[-50:].mean() < 0.9 * collapsed.error[-50:].mean()


def test_experts_in_use_by_hand():
    load = jnp.array([[0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0], [1, 0, 0, 0]])
    np.testing.assert_allclose(experts_in_use(load), [4, 2, 1], rtol=1e-6)


def test_each_step_shares_out_all_assignments(collapsed):
    np.testing.assert_allclose(collapsed.load.sum(axis=1), 1, rtol=1e-5)
    assert collapsed.error.shape == (TOY.steps,)
