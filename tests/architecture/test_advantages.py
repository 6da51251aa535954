"""GAE: scipy's filter over the errors, TorchRL's values; whitening over counted tokens."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import lfilter

from whiteboard.architecture.advantages import generalized_advantages, whiten

STORED = Path(__file__).parents[1] / "references" / "torchrl_rlhf.npz"
MASK = jnp.array([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0]], bool)
REWARDS = jnp.array([[-0.1, 0.2, -0.3, 1.5, 0], [0.3, -0.2, 0.7, 0, 0]])
VALUES = jnp.array([[0.5, 0.4, 0.9, 0.6, 0], [0.2, 0.8, -0.4, 0, 0]])


@pytest.mark.parametrize(
    ("gamma", "gae_lambda"), [(1.0, 0.95), (0.97, 0.9), (1.0, 0.0), (0.9, 1.0)]
)
def test_advantages_are_a_filter_over_the_errors(gamma, gae_lambda):
    draw = np.random.default_rng(0)
    rewards, values = draw.normal(size=(2, 5, 13))
    lengths = np.array([13, 7, 1, 11, 2])
    mask = np.arange(13) < lengths[:, None]
    arrays = (jnp.asarray(x, "float32") for x in (rewards, values))
    got = generalized_advantages(*arrays, jnp.asarray(mask), gamma=gamma, gae_lambda=gae_lambda)
    for row, length in enumerate(lengths):
        r, v = rewards[row, :length], values[row, :length]
        errors = r + gamma * np.append(v[1:], 0) - v
        want = lfilter([1], [1, -gamma * gae_lambda], errors[::-1])[::-1]
        np.testing.assert_allclose(got[row, :length], want, atol=1e-5)
        assert not got[row, length:].any()


@pytest.mark.parametrize(("gamma", "gae_lambda"), [(1.0, 0.95), (0.97, 0.9)])
def test_advantages_are_torchrls(gamma, gae_lambda):
    with np.load(STORED) as file:
        given = [jnp.asarray(file[name]) for name in ("rewards", "values", "mask")]
        want = file[f"advantages.{gamma}.{gae_lambda}"]
    got = generalized_advantages(*given, gamma=gamma, gae_lambda=gae_lambda)
    np.testing.assert_allclose(got, np.where(given[2], want, 0), atol=2e-6)


def test_values_of_padding_do_not_leak():
    dirty = jnp.where(MASK, VALUES, 99.0)
    got = generalized_advantages(jnp.where(MASK, REWARDS, 7.0), dirty, MASK)
    np.testing.assert_array_equal(got, generalized_advantages(REWARDS, VALUES, MASK))


def test_with_lambda_one_the_returns_are_the_rewards_to_come():
    advantages = generalized_advantages(REWARDS, VALUES, MASK, gae_lambda=1.0)
    np.testing.assert_allclose((advantages + VALUES)[0, :4], [1.3, 1.4, 1.2, 1.5], atol=1e-6)


@pytest.mark.parametrize("factor", ["gamma", "gae_lambda"])
def test_factors_outside_their_range_are_refused(factor):
    with pytest.raises(ValueError, match=f"{factor} must lie between 0 and 1, got 1.5"):
        generalized_advantages(REWARDS, VALUES, MASK, **{factor: 1.5})


def test_whitening_looks_at_counted_tokens_alone():
    advantages = jnp.where(MASK, jax.random.normal(jax.random.key(0), MASK.shape) + 3, 1e3)
    got = np.asarray(whiten(advantages, MASK))
    inside = got[np.asarray(MASK)]
    np.testing.assert_allclose([inside.mean(), inside.std()], [0, 1], atol=1e-4)
    assert not got[~np.asarray(MASK)].any()
