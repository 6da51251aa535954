"""The loop: samples end once, log-probabilities are scipy's, a bandit finds the leash's optimum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.kl_estimators import kl_divergence, regularised_optimum
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.rlhf import Policy, RlhfConfig, draw_answers, train_policy

END, VOCAB = 4, 5
SHAPE = DecoderConfig(
    vocab_size=VOCAB, hidden_size=8, intermediate_size=16, num_layers=1, num_heads=1,
    num_kv_heads=1, head_dim=8, rope_theta=100.0, norm_eps=1e-5, max_length=7, tie_embeddings=False,
)  # fmt: skip
WORTH = jnp.array([0.0, 0.5, 1.0, 0.2, 0.0])  # of the one token that follows the prompt


@pytest.fixture(scope="module")
def policy():
    decoder = Decoder(SHAPE, rngs=nnx.Rngs(0))
    return Policy(decoder, rngs=nnx.Rngs(0))


def test_behind_the_end_there_is_only_the_end(policy):
    prompts = jnp.array([0, 1, 2, 3] * 20)
    draw = jax.jit(lambda d, key: draw_answers(d, prompts, key, length=7, end=END))
    tokens = np.asarray(draw(policy.decoder, jax.random.key(0)))
    assert (tokens[:, 0] == prompts).all()
    ended = np.cumsum(tokens == END, axis=1) > 0
    assert (tokens[ended] == END).all()
    assert 0 < ended.mean() < 1


def test_samples_follow_the_model(policy):
    """First tokens of many samples, against the model's probabilities after the prompt."""
    prompts = jnp.full(4000, 2)
    draw = jax.jit(lambda d, key: draw_answers(d, prompts, key, length=2, end=END))
    drawn = np.asarray(draw(policy.decoder, jax.random.key(1)))[:, 1]
    want = jax.nn.softmax(policy.decoder(jnp.array([[2]]))[0, 0])
    np.testing.assert_allclose(np.bincount(drawn, minlength=VOCAB) / 4000, want, atol=0.03)


@pytest.mark.parametrize("algorithm", ["ppo", "grpo"])
def test_a_choice_of_one_token_finds_the_optimum(policy, algorithm):
    """Answers of one token are a bandit: leashed PPO must come to softmax(log q + r / beta)."""
    config = RlhfConfig(
        algorithm=algorithm, length=2, end=END, steps=150, answers=512, group_size=512, epochs=2,
        learning_rate=5e-3,
    )  # fmt: skip
    trained, history = train_policy(
        policy, config, draw_prompts=lambda key, count: jnp.full(count, 2),
        score=_worth, verify=_worth, kl_coef=0.5 if algorithm == "ppo" else 0.0,
    )  # fmt: skip
    before, after = (p.decoder(jnp.array([[2]]))[0, 0] for p in (policy, trained))
    got = jax.nn.softmax(after)
    if algorithm == "grpo":  # no leash: the best takes all
        assert got[2] > 0.95
    else:
        want = regularised_optimum(before, WORTH, beta=0.5)
        np.testing.assert_allclose(got, jnp.exp(want), atol=0.06)
        assert history.kl[-1] == pytest.approx(float(kl_divergence(want, before)), abs=0.1)
    assert history.kl[0] == pytest.approx(0, abs=1e-5)
    assert history.score.tolist() == history.verified.tolist()


def _worth(tokens):
    return WORTH[tokens[:, 1]]
