"""PPO: TRL's policy loss and gradient, TorchRL's value loss, rewards by hand."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.ppo import clipped_surrogate, clipped_value_loss, token_rewards

REFERENCES = Path(__file__).parents[1] / "references"


def test_the_policy_loss_and_its_gradient_are_trls():
    with np.load(REFERENCES / "trl_rlhf.npz") as file:
        stored = {name: jnp.asarray(file[name]) for name in file.files if name != "versions"}

    def loss(log_probs):
        losses = clipped_surrogate(log_probs, stored["old_log_probs"], stored["token_advantages"])
        return losses.mean(where=stored["mask"])

    got, gradient = jax.value_and_grad(loss)(stored["log_probs"])
    np.testing.assert_allclose(got, stored["ppo.loss"], rtol=1e-5)
    np.testing.assert_allclose(gradient, stored["ppo.gradient"], atol=1e-6)


def test_the_score_is_paid_once_and_the_divergence_at_each_token():
    log_probs = jnp.array([[-1.0, -2.0, -0.5, 9.0]])
    reference = jnp.array([[-1.5, -1.0, -0.5, 7.0]])
    mask = jnp.array([[True, True, True, False]])
    got = token_rewards(jnp.array([3.0]), log_probs, reference, mask, kl_coef=0.1)
    np.testing.assert_allclose(got, [[-0.05, 0.1, 3.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.5, 2.0, -2.4, 0.0),  # good and already likelier: held at 1.2
        (0.5, 2.0, -1.0, -1.0),  # good and less likely: pulled back in full
        (1.5, -2.0, 3.0, 3.0),  # bad and likelier: pushed down in full
        (0.5, -2.0, 1.6, 0.0),  # bad and already less likely: held at 0.8
        (1.1, 2.0, -2.2, -2.2),
    ],
)
def test_four_sides_of_the_clip_by_hand(ratio, advantage, loss, slope):
    def of(log_prob):
        return clipped_surrogate(
            log_prob[None, None], jnp.zeros((1, 1)), jnp.full((1, 1), advantage)
        ).sum()

    got = jax.value_and_grad(of)(jnp.log(ratio))
    np.testing.assert_allclose(got, (loss, slope), atol=1e-5)


def test_a_clip_range_past_one_is_refused():
    with pytest.raises(ValueError, match="clip_range must lie between 0 and 1, got 2"):
        clipped_surrogate(*[jnp.zeros((1, 1))] * 3, clip_range=2.0)


def test_the_value_loss_is_torchrls():
    with np.load(REFERENCES / "torchrl_rlhf.npz") as file:
        heads = [jnp.asarray(file[f"head.{x}"])[None] for x in ("values", "old_values", "returns")]
        want = file["value_loss"]
    np.testing.assert_allclose(clipped_value_loss(*heads, clip_range=0.2)[0], want, atol=1e-6)
