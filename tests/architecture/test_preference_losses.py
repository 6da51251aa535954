"""Preference losses: equal to trl's in value and gradient, and to their formulas by hand."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from whiteboard.architecture.preference_losses import (
    answer_log_probs,
    dpo_loss,
    implicit_reward,
    ipo_loss,
    kto_loss,
    optimal_policy,
    orpo_loss,
    simpo_loss,
)

STORED = Path(__file__).parents[1] / "references" / "preference_losses.npz"
with np.load(STORED) as file:
    TRL = dict(file)
POLICY, REFERENCE = jnp.asarray(TRL["policy"]), jnp.asarray(TRL["reference"])
LENGTHS = TRL["lengths"]


def paired(loss, **settings):
    """The eight log-probabilities as chosen, rejected, and the reference's."""
    return lambda policy: loss(*jnp.split(policy, 2), *jnp.split(REFERENCE, 2), **settings)


def per_token(loss, **settings):
    """No reference, and means over the tokens."""
    return lambda policy: loss(*jnp.split(policy / LENGTHS, 2), **settings)


def ipo_per_token(policy):
    means = [*jnp.split(policy / LENGTHS, 2), *jnp.split(REFERENCE / LENGTHS, 2)]
    return ipo_loss(*means, beta=0.1)


def kto(policy):
    desirable = jnp.arange(8) < 4
    return kto_loss(
        policy, REFERENCE, desirable, beta=0.1, kl=0.37,
        desirable_weight=1.0, undesirable_weight=1.25,
    )  # fmt: skip


def odds_ratio(policy):
    """trl computes the SFT term apart, over the prompt too: without it, here."""
    sft = -(policy / LENGTHS)[:4].mean()
    return per_token(orpo_loss, weight=0.1)(policy) - sft


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("dpo", paired(dpo_loss, beta=0.1)),
        ("ipo_per_token", ipo_per_token),
        ("kto", kto),
        ("simpo", per_token(simpo_loss, beta=2.0, gamma=0.5)),
        ("odds_ratio", odds_ratio),
    ],
)
def test_values_and_gradients_are_trls(name, loss):
    value, gradient = jax.jit(jax.value_and_grad(loss))(POLICY)
    np.testing.assert_allclose(value, TRL[name], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gradient, TRL[f"{name}_gradient"], rtol=1e-4, atol=1e-6)


def test_the_stand_in_trainer_gives_what_a_real_run_gave():
    """trl 1.16's DPOTrainer on the model itself: 0.680262, 24.29938, 0.973890.

    The stored log-probabilities have four decimals, so that as many can agree.
    """
    got = [TRL[name] for name in ("dpo", "ipo_per_token", "hinge")]
    np.testing.assert_allclose(got, [0.68026179, 24.299385, 0.97389042], atol=2e-4)


def test_log_probs_are_trls_sums_and_means():
    logits, tokens, answer = (jnp.asarray(TRL[x]) for x in ("logits", "tokens", "answer"))
    sums = answer_log_probs(logits, tokens, answer)
    np.testing.assert_allclose(sums, TRL["sums"], atol=1e-5)
    counted = answer[:, 1:].sum(axis=1)  # one row's answer starts at its first token
    np.testing.assert_allclose(sums / counted, TRL["means"], atol=1e-5)


def test_a_row_without_an_answer_is_zero():
    logits = jnp.ones((1, 3, 5))
    assert answer_log_probs(logits, jnp.zeros((1, 3), int), jnp.zeros((1, 3), bool))[0] == 0


def one(*numbers):
    return [jnp.array([x], jnp.float32) for x in numbers]


def test_dpo_by_hand():
    """beta 0.1, log-ratios 0.5 and -0.3: -log sigmoid(0.08); at the start, log 2."""
    assert dpo_loss(*one(-1.5, -2.3, -2.0, -2.0), beta=0.1) == pytest.approx(0.653947, abs=1e-6)
    assert dpo_loss(*one(-3, -7, -3, -7), beta=0.1) == pytest.approx(np.log(2))


def test_ipo_is_least_where_the_paper_says():
    """h = 1 / (2 beta), and not before or beyond."""
    loss = [ipo_loss(*one(h, 0, 0, 0), beta=0.25) for h in (1.9, 2.0, 2.1)]
    assert loss[1] == pytest.approx(0)
    assert min(loss[0], loss[2]) > 0.009


def test_kto_by_hand_and_with_a_negative_kl():
    """One good answer with gain 0 costs 1/2; an estimate of KL below 0 counts as 0."""
    policy, reference = one(-2.0, -2.0)
    for kl in (0.0, -5.0):
        assert kto_loss(policy, reference, jnp.array([True]), beta=0.3, kl=kl) == pytest.approx(0.5)


@pytest.mark.parametrize("loss", [dpo_loss, ipo_loss])
def test_no_gradient_reaches_the_reference(loss):
    arrays = one(-1.5, -2.3, -2.0, -2.1)
    gradients = jax.grad(lambda x: loss(*x, beta=0.1))(arrays)
    assert [bool(g[0]) for g in gradients] == [True, True, False, False]


def test_no_gradient_reaches_ktos_reference_or_its_kl():
    policy, reference, kl = *one(-1.5, -2.0), jnp.array(0.2)
    good = jnp.array([True])
    gradients = jax.grad(lambda p, r, k: kto_loss(p, r, good, beta=0.1, kl=k), argnums=(0, 1, 2))(
        policy, reference, kl
    )
    assert [float(jnp.sum(g)) != 0 for g in gradients] == [True, False, False]


def test_the_optimum_is_scipys():
    """Of E[reward] - beta KL over softmax logits, on seven answers."""
    draw = np.random.default_rng(0)
    reference = np.asarray(jax.nn.log_softmax(draw.normal(size=7)))
    reward = draw.normal(size=7)

    def negative(logits):
        log_p = logits - np.logaddexp.reduce(logits)
        return -(np.exp(log_p) * (reward - 0.4 * (log_p - reference))).sum()

    found = minimize(negative, np.zeros(7), options={"gtol": 1e-9}).x
    got = optimal_policy(jnp.asarray(reference), jnp.asarray(reward), beta=0.4)
    np.testing.assert_allclose(got, found - np.logaddexp.reduce(found), atol=1e-4)
    # The implicit reward gives the reward back, but for a constant.
    gap = implicit_reward(got, jnp.asarray(reference), beta=0.4) - reward
    np.testing.assert_allclose(gap, gap[0], atol=1e-6)
