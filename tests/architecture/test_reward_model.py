"""The reward model: TRL's loss, every pair of a ranking, and where the reward is read."""

from itertools import combinations
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.reward_model import (
    RewardModel,
    bradley_terry_loss,
    last_index,
    ranking_loss,
)

STORED = Path(__file__).parents[1] / "references" / "trl_rlhf.npz"


class Embedding(nnx.Module):
    """A trunk that looks at each token alone."""

    def __init__(self, vocab_size, hidden_size):
        self.embed = nnx.Embed(vocab_size, hidden_size, rngs=nnx.Rngs(0))

    def hidden(self, tokens):
        return self.embed(tokens), ()


def test_loss_and_gradient_are_trls():
    with np.load(STORED) as stored:
        pair = jnp.asarray(stored["chosen"]), jnp.asarray(stored["rejected"])
        loss, gradient = jax.value_and_grad(bradley_terry_loss, (0, 1))(*pair)
        np.testing.assert_allclose(loss, stored["reward_model.loss"], rtol=1e-6)
        want = stored["reward_model.gradient"]
    np.testing.assert_allclose(np.concatenate(gradient), want, atol=1e-7)


def test_one_pair_by_hand():
    three_to_one = jnp.log(3.0)  # sigmoid(log 3) = 3 / 4
    loss = bradley_terry_loss(three_to_one[None], jnp.zeros(1))
    assert loss == pytest.approx(np.log(4 / 3))
    assert bradley_terry_loss(jnp.array([1e4]), jnp.array([-1e4])) == 0
    assert bradley_terry_loss(jnp.array([-1e4]), jnp.array([1e4])) == 2e4


def test_only_differences_count():
    a, b = jax.random.normal(jax.random.key(0), (2, 7))
    np.testing.assert_allclose(
        bradley_terry_loss(a + 9, b + 9), bradley_terry_loss(a, b), rtol=1e-5
    )


@pytest.mark.parametrize(("answers", "pairs"), [(2, 1), (4, 6), (9, 36)])
def test_a_ranking_is_all_its_pairs(answers, pairs):
    ranked = np.random.default_rng(0).normal(size=(3, answers)).astype("float32")
    each = [np.log1p(np.exp(row[j] - row[i])) for row in ranked
            for i, j in combinations(range(answers), 2)]  # fmt: skip
    assert len(each) == 3 * pairs
    np.testing.assert_allclose(ranking_loss(jnp.asarray(ranked)), np.mean(each), rtol=1e-5)


def test_pairs_must_pair_up():
    with pytest.raises(ValueError, match=r"shapes \(3, 1\) and \(3,\): pair them first"):
        bradley_terry_loss(jnp.zeros((3, 1)), jnp.zeros(3))


def test_the_reward_is_read_at_the_last_token_of_the_answer():
    model = RewardModel(Embedding(5, 3), 3, rngs=nnx.Rngs(0))
    tokens = jnp.array([[1, 2, 3, 4], [1, 4, 2, 3]])
    mask = jnp.array([[0, 1, 1, 0], [0, 1, 1, 1]], bool)
    assert model(tokens, mask).tolist() == [0, 0]  # a fresh head has no opinion
    model.head.linear.kernel[...] = jnp.ones((3, 1))
    want = model.trunk.embed(jnp.array([3, 3])).sum(-1)
    np.testing.assert_allclose(model(tokens, mask), want)
    moved = model(tokens.at[:, 3].set(0), mask)
    assert (moved == want).tolist() == [True, False]
    assert last_index(mask).tolist() == [2, 3]


def test_it_recovers_an_ordering():
    """Rewards fitted to noisy comparisons of seven items rank them as their strengths do."""
    draw = np.random.default_rng(0)
    strength = np.linspace(-1.5, 1.5, 7)
    one, other = draw.integers(0, 7, (2, 4000))
    first = draw.random(4000) < 1 / (1 + np.exp(strength[other] - strength[one]))
    chosen, rejected = np.where(first, one, other), np.where(first, other, one)
    slope = jax.jit(jax.grad(lambda r: bradley_terry_loss(r[chosen], r[rejected])))
    rewards = jnp.zeros(7)
    for _ in range(200):
        rewards -= 3.0 * slope(rewards)
    np.testing.assert_allclose(rewards - rewards.mean(), strength, atol=0.2)
