"""The stages on the small language, shortened; and the recorded runs, one of them run again."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.kl_estimators import kl_divergence, regularised_optimum
from whiteboard.architecture.syllables import is_word, verified_reward, word_classes
from whiteboard.data import record
from whiteboard.training.rlhf_stages import (
    compare,
    fit_reward_model,
    reward,
    sample,
    scorer,
    supervised_policy,
)

JOB = "rlhf"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RUNS = record("rlhf")["results"]["runs"]


def _last(run, name):
    return float(np.mean(run[name][-10:]))


@pytest.fixture(scope="module")
def policy():
    return supervised_policy(steps=120)


def test_the_sft_model_writes_words(policy):
    words = sample(policy, 500)
    assert is_word(words).mean() > 0.8
    assert not (sample(policy, 500, seed=1) == words).all()


def test_the_judge_errs_as_often_as_he_should(policy):
    pairs = compare(policy, 3000)
    ahead = np.asarray(verified_reward(pairs.chosen) - verified_reward(pairs.rejected))
    assert (pairs.chosen[:, 0] == pairs.rejected[:, 0]).all(), "two prompts in one pair"
    for gap in (1, 2):
        right, wrong = (ahead == gap).sum(), (ahead == -gap).sum()
        chance = 1 / (1 + np.exp(-2.0 * gap))
        assert abs(right / (right + wrong) - chance) < 0.05


def test_a_reward_model_of_many_comparisons_ranks_words(policy):
    model = fit_reward_model(policy, compare(policy, 1500), steps=60)
    words = sample(policy, 500, seed=2)
    got, true = jax.jit(reward)(model, words), verified_reward(words)
    assert got[true == 2].mean() > got[true == 1].mean() > got[true == 0].mean()
    np.testing.assert_allclose(jax.jit(lambda f, x: f(x))(scorer(model), words), got, atol=1e-5)


def test_no_recorded_run_beats_the_best_policy_at_its_distance():
    log_chance, worth = (jnp.asarray(x) for x in word_classes())
    best = [regularised_optimum(log_chance, worth, beta=b) for b in (5.0, 1.0, 0.6, 0.4, 0.3, 0.1)]
    kl = [float(kl_divergence(p, log_chance)) for p in best]
    reward_there = [float(jnp.exp(p) @ worth) for p in best]
    for run in RUNS:
        assert run["kl"][0] < 1e-3
        limit = np.interp(_last(run, "kl"), kl, reward_there)
        assert 0 <= _last(run, "verified") < limit + 0.15
        if run["algorithm"] == "grpo" and run["kl_coef"] == 0.1:
            assert _last(run, "verified") > limit - 0.4


def test_every_recorded_run_without_a_leash_was_hacked():
    for run in (r for r in RUNS if r["algorithm"] == "ppo"):
        rose = max(run["verified"]) - run["verified"][0]
        assert rose > 0.5
        assert (_last(run, "verified") < 0.2) == (run["kl_coef"] == 0)


@pytest.mark.slow
@pytest.mark.parametrize(("algorithm", "kl_coef"), [("grpo", 0.1), ("ppo", 0.1), ("ppo", 0.0)])
def test_a_recorded_run_comes_again(job, algorithm, kl_coef):
    stored = next(r for r in RUNS if (r["algorithm"], r["kl_coef"]) == (algorithm, kl_coef))
    policy, score, seed = supervised_policy(), verified_reward, stored["seed"]
    if algorithm == "ppo":
        pairs = compare(policy, job.PAIRS, seed=seed)
        score = scorer(fit_reward_model(policy, pairs, seed=seed))
    again = job.run(policy, algorithm, score, kl_coef, seed)
    assert again["verified"][0] == pytest.approx(stored["verified"][0], abs=0.05)
    assert _last(again, "verified") == pytest.approx(_last(stored, "verified"), abs=0.3)
    if kl_coef:  # without the leash the KL of what the policy ends as is anything above 6
        assert _last(again, "kl") == pytest.approx(_last(stored, "kl"), abs=0.6)
    else:
        assert _last(again, "kl") > 6
