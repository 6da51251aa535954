"""The small task: rewards by hand, the optimum reached, the offline run past its best."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.online_preferences import (
    METHODS,
    ToyPreferences,
    answers,
    log_policy,
    prefer,
    reference_table,
    train_preferences,
    true_reward,
)
from whiteboard.architecture.preference_losses import optimal_policy

SMALL = ToyPreferences(vocab_size=3, length=4)
TOY = ToyPreferences()


def test_answers_are_all_strings_and_rewards_count_their_steps_up():
    every = list(itertools.product(range(3), repeat=4))
    assert answers(SMALL).tolist() == [list(a) for a in every]
    want = [sum((b - a) % 3 == 1 for a, b in itertools.pairwise(a)) for a in every]
    assert true_reward(SMALL).tolist() == want


def test_a_policy_is_the_product_of_its_tables_rows():
    table = np.asarray(reference_table(SMALL, 5), np.float64)
    log_p = table - np.logaddexp.reduce(table, axis=-1, keepdims=True)
    want = [
        sum(log_p[t, ([0, *a])[t], a[t]] for t in range(4))
        for a in itertools.product(range(3), repeat=4)
    ]
    got = log_policy(SMALL, reference_table(SMALL, 5))
    np.testing.assert_allclose(got, want, atol=1e-5)
    assert jnp.exp(got).sum() == pytest.approx(1, abs=1e-5)


def test_the_judge_is_bradley_terrys():
    """Rewards 2 and 1: the better one is preferred in sigmoid(1) = 73% of cases, either way."""
    pair = jnp.tile(jnp.array([[0, 1], [1, 0]]), (5_000, 1))
    first = prefer(pair, jnp.array([2.0, 1.0]), jax.random.key(0))[:, 0]
    assert float((first == 0).mean()) == pytest.approx(0.731, abs=0.015)


@pytest.fixture(scope="module")
def runs():
    return {method: train_preferences(TOY, method, 0) for method in METHODS}


@pytest.fixture(scope="module")
def best():
    """Reward and KL of the optimum, by its closed form."""
    reference = log_policy(TOY, reference_table(TOY, 0))
    reward = true_reward(TOY)
    policy = optimal_policy(reference, reward, beta=TOY.beta)
    p = jnp.exp(policy)
    return float((p * reward).sum()), float((p * (policy - reference)).sum())


def test_all_start_from_the_reference(runs):
    for run in runs.values():
        assert run.kl[0] == pytest.approx(0, abs=1e-5)
        assert run.reward[0] == pytest.approx(runs["online DPO"].reward[0])


def test_policy_gradient_and_online_dpo_come_to_the_optimum(runs, best):
    reward, kl = best
    goal = reward - TOY.beta * kl
    for method, near in (("policy gradient", 0.01), ("online DPO", 0.06)):
        end = runs[method].reward[-1] - TOY.beta * runs[method].kl[-1]
        assert goal - near < end <= goal + 1e-4, method


def test_offline_dpo_goes_past_its_best(runs, best):
    run = runs["offline DPO"]
    assert run.reward.max() < best[0] - 0.5
    assert run.reward[-1] < run.reward.max() - 0.1
    assert run.kl[-1] > 2 * best[1]
    assert run.chosen[-1] < run.chosen[0] - 2
    margin = run.chosen - run.rejected
    assert margin[-1] > margin[300] > margin[0]


def test_another_method_is_refused():
    with pytest.raises(ValueError, match="wanted one of offline DPO, online DPO"):
        train_preferences(TOY, "ppo", 0)
