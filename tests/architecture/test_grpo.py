"""GRPO: TRL's losses and gradients, and what a group teaches."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.grpo import group_advantages, grpo_loss, leave_one_out_advantages

STORED = Path(__file__).parents[1] / "references" / "trl_rlhf.npz"
SCORES = jnp.array([1.0, 0, 0, 1, 0, 0, 0, 0, 5, 7, 9, 11])


@pytest.mark.parametrize(
    ("name", "beta", "mean_over"),
    [("answers", 0.0, "answers"), ("answers_kl", 0.07, "answers"), ("tokens_kl", 0.07, "tokens")],
)
def test_losses_and_gradients_are_trls(name, beta, mean_over):
    with np.load(STORED) as file:
        stored = {key: jnp.asarray(file[key]) for key in file.files if key != "versions"}

    def loss(log_probs):
        return grpo_loss(
            log_probs, stored["old_log_probs"], stored["reference_log_probs"],
            stored["answer_advantages"], stored["mask"], kl_coef=beta, mean_over=mean_over,
        )  # fmt: skip

    got, gradient = jax.value_and_grad(loss)(stored["log_probs"])
    np.testing.assert_allclose(got, stored[f"{name}.loss"], rtol=1e-5)
    np.testing.assert_allclose(gradient, stored[f"{name}.gradient"], atol=1e-6)


def test_each_group_is_its_own_baseline():
    got = group_advantages(SCORES, group_size=4).reshape(3, 4)
    root = np.sqrt(1 / 3)  # the sample deviation of 1, 0, 0, 1
    np.testing.assert_allclose(got[0], np.array([1, -1, -1, 1]) * 0.5 / (root + 1e-4), rtol=1e-5)
    assert not got[1].any()
    np.testing.assert_allclose(got[2], [-1.1619, -0.3873, 0.3873, 1.1619], atol=1e-3)


def test_without_the_deviation_prompts_keep_their_scale():
    got = group_advantages(SCORES, group_size=4, scale=False)
    assert got.tolist() == [0.5, -0.5, -0.5, 0.5, 0, 0, 0, 0, -3, -1, 1, 3]


def test_the_others_mean_by_hand():
    got = leave_one_out_advantages(SCORES, group_size=4)
    want = [s - (sum(g) - s) / 3 for g in SCORES.reshape(3, 4).tolist() for s in g]
    np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize("group_size", [1, 5])
def test_answers_must_fill_groups(group_size):
    with pytest.raises(ValueError, match=f"got 12 answers in groups of {group_size}"):
        group_advantages(SCORES, group_size=group_size)


def test_another_mean_is_refused():
    zeros = jnp.zeros((2, 3))
    with pytest.raises(ValueError, match="'answers' or 'tokens', got 'batch'"):
        grpo_loss(zeros, zeros, zeros, jnp.zeros(2), zeros == 0, mean_over="batch")
