"""KL: scipy's exact value, means and variances of the estimators in closed form, the optimum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import entropy

from whiteboard.architecture.kl_estimators import k1, k2, k3, kl_divergence, regularised_optimum

REFERENCE, REWARDS = jnp.array([0.5, 0.3, 0.2]), jnp.array([0.0, 1.0, 2.0])


def _moments(estimate, p, q):
    """Mean and variance of an estimate over samples of p, by summing over the outcomes."""
    values = np.asarray(estimate(jnp.log(p), jnp.log(q)))
    mean = (p * values).sum()
    return mean, (p * (values - mean) ** 2).sum()


@pytest.fixture
def near():
    draw = np.random.default_rng(0)
    q = draw.dirichlet(np.ones(11))
    p = q * np.exp(0.1 * draw.normal(size=11))
    return (p / p.sum()).astype("float32"), q.astype("float32")


def test_the_exact_divergence_is_scipys():
    logits = jax.random.normal(jax.random.key(0), (2, 3, 5, 7))
    p, q = (np.asarray(jax.nn.softmax(x), "float64") for x in logits)
    np.testing.assert_allclose(kl_divergence(*logits), entropy(p, q, axis=-1), rtol=1e-4)


def test_k1_and_k3_are_unbiased_and_k2_is_not(near):
    p, q = near
    true = entropy(p, q)
    assert _moments(k1, p, q)[0] == pytest.approx(true, rel=1e-4)
    assert _moments(k3, p, q)[0] == pytest.approx(true, rel=1e-4)
    assert 1e-3 < abs(_moments(k2, p, q)[0] / true - 1) < 0.1
    far = np.array([0.98, 0.02], "float32"), np.array([0.5, 0.5], "float32")
    assert _moments(k3, *far)[0] == pytest.approx(entropy(*far), rel=1e-5)
    assert abs(_moments(k2, *far)[0] / entropy(*far) - 1) > 0.3


def test_near_the_reference_k2_and_k3_vary_less(near):
    variance = {f.__name__: _moments(f, *near)[1] for f in (k1, k2, k3)}
    assert variance["k1"] > 50 * max(variance["k2"], variance["k3"])


def test_far_from_it_k3_varies_more():
    p, q = np.array([0.999, 0.001], "float32"), np.array([0.5, 0.5], "float32")
    assert _moments(k3, p, q)[1] > 5 * _moments(k1, p, q)[1]


def test_only_k1_has_a_sign():
    log_p, log_q = -jax.random.exponential(jax.random.key(0), (2, 101))
    assert k1(log_p, log_q).min() < 0 < k1(log_p, log_q).max()
    assert min(k2(log_p, log_q).min(), k3(log_p, log_q).min()) >= 0


def test_as_a_loss_k2_has_the_gradient_of_the_divergence():
    """Over samples of p, k2 gives grad KL(p || q); k3 gives grad KL(q || p), k1 nothing at all."""
    logits, reference = jax.random.normal(jax.random.key(0), (2, 7))
    p = jax.nn.softmax(logits)
    log_q = jax.nn.log_softmax(reference)

    def expected(estimate):
        return jax.grad(lambda x: (p * estimate(jax.nn.log_softmax(x), log_q)).sum())(logits)

    np.testing.assert_allclose(expected(k2), jax.grad(kl_divergence)(logits, reference), atol=1e-6)
    other = jax.grad(lambda x: kl_divergence(reference, x))(logits)
    np.testing.assert_allclose(expected(k3), other, atol=1e-6)
    np.testing.assert_allclose(expected(k1), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("beta", "policy", "kl"),
    [
        (10.0, (0.4648, 0.3082, 0.2271), 0.0031),
        (1.0, (0.1790, 0.2919, 0.5291), 0.3228),
        (0.1, (0.0, 0.0001, 0.9999), 1.6087),
    ],
)
def test_the_optimum_of_three_outcomes(beta, policy, kl):
    logits = regularised_optimum(jnp.log(REFERENCE), REWARDS, beta=beta)
    np.testing.assert_allclose(jnp.exp(logits), policy, atol=6e-5)
    assert kl_divergence(logits, jnp.log(REFERENCE)) == pytest.approx(kl, abs=6e-5)


def test_no_search_finds_a_better_policy():
    def cost(logits):
        p = np.exp(logits) / np.exp(logits).sum()
        return 0.7 * entropy(p, REFERENCE) - p @ np.asarray(REWARDS)

    found = minimize(cost, np.zeros(3), tol=1e-10).x
    got = regularised_optimum(jnp.log(REFERENCE), REWARDS, beta=0.7)
    np.testing.assert_allclose(jnp.exp(got), jax.nn.softmax(jnp.asarray(found)), atol=1e-4)


@pytest.mark.parametrize("beta", [0.0, -1.0])
def test_without_a_leash_there_is_no_optimum(beta):
    with pytest.raises(ValueError, match="beta must be positive, got"):
        regularised_optimum(jnp.zeros(3), REWARDS, beta=beta)
