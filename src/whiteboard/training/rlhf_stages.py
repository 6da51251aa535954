"""The stages of RLHF on the small language of syllables: SFT, comparisons, a reward model."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.tree_util import Partial
from jaxtyping import Array, Float, Int

from whiteboard.architecture.reward_model import RewardModel, bradley_terry_loss
from whiteboard.architecture.syllables import (
    END,
    LENGTH,
    LETTERS,
    answer_mask,
    draw_prompts,
    draw_words,
    verified_reward,
)
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.rlhf import Policy, draw_answers
from whiteboard.training.step import fit, next_token_loss

CONFIG = DecoderConfig(
    vocab_size=len(LETTERS),
    hidden_size=32,
    intermediate_size=64,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    head_dim=8,
    rope_theta=100.0,
    norm_eps=1e-5,
    max_length=LENGTH,
    tie_embeddings=True,
)


class Pairs(NamedTuple):
    """Answers to the same prompts, two by two, as one judge preferred them."""

    chosen: Int[Array, "pairs length"]
    rejected: Int[Array, "pairs length"]


def supervised_policy(*, steps: int = 300, batch: int = 128, seed: int = 0) -> Policy:
    """Stage 1: a decoder trained on words of the language, with a value head that knows nothing.

    Args:
        steps: number of updates.
        batch: words a step.
        seed: of the weights and of the words.

    Returns:
        The SFT policy, where the later stages start.
    """
    decoder = Decoder(CONFIG, rngs=nnx.Rngs(seed))
    keys = jax.random.split(jax.random.key(seed), steps)
    fit(
        decoder,
        (_words(key, batch) for key in keys),
        loss=lambda model, words: next_token_loss(model(words), words, answer_mask(words)),
        optimizer=optax.adam(optax.cosine_decay_schedule(1e-2, steps)),
    )
    return Policy(decoder, rngs=nnx.Rngs(seed))


def sample(policy: Policy, count: int, *, seed: int = 0) -> Int[Array, "count length"]:
    """Words of a policy, to prompts drawn at random.

    Args:
        policy: writes the words.
        count: number of words.
        seed: of prompts and words.

    Returns:
        Token ids of each word.
    """
    prompt_key, key = jax.random.split(jax.random.key(seed))
    return _answers(policy.decoder, draw_prompts(prompt_key, count), key)


def compare(policy: Policy, count: int, *, sharpness: float = 2.0, seed: int = 0) -> Pairs:
    """Comparisons of pairs of a policy's own answers by a judge who errs, as people do.

    The judge prefers the first with probability sigmoid(sharpness * difference in reward).

    Args:
        policy: writes two answers to each prompt.
        count: number of pairs.
        sharpness: how certain the judge is; 0 is a coin, infinity never errs.
        seed: of prompts, answers and judgements.

    Returns:
        The pairs, preferred answer first.
    """
    keys = jax.random.split(jax.random.key(seed), 4)
    prompts = draw_prompts(keys[0], count)
    one, other = (_answers(policy.decoder, prompts, key) for key in keys[1:3])
    difference = verified_reward(one) - verified_reward(other)
    first = jax.random.uniform(keys[3], (count,)) < jax.nn.sigmoid(sharpness * difference)
    first = first[:, None]
    return Pairs(jnp.where(first, one, other), jnp.where(first, other, one))


def fit_reward_model(
    policy: Policy, pairs: Pairs, *, steps: int = 100, batch: int = 64, seed: int = 0
) -> RewardModel:
    """Stage 2: a copy of the SFT model with a scalar head, trained on the comparisons.

    Args:
        policy: the SFT policy; read only.
        pairs: preferred and rejected answers.
        steps: number of updates.
        batch: pairs a step.
        seed: of the head's weights and of the draws.

    Returns:
        The trained reward model.
    """
    model = RewardModel(nnx.clone(policy.decoder), CONFIG.hidden_size, rngs=nnx.Rngs(seed))
    draws = jax.random.randint(jax.random.key(seed), (steps, batch), 0, len(pairs.chosen))

    def loss(model: RewardModel, pairs: Pairs) -> Float[Array, ""]:
        return bradley_terry_loss(*(reward(model, tokens) for tokens in pairs))

    batches = (Pairs(pairs.chosen[rows], pairs.rejected[rows]) for rows in draws)
    fit(model, batches, loss=loss, optimizer=optax.adam(optax.cosine_decay_schedule(3e-3, steps)))
    return model


def reward(model: RewardModel, tokens: Int[Array, "batch length"]) -> Float[Array, "batch"]:
    """The reward model's score of whole words.

    Args:
        model: the reward model.
        tokens: ids of whole words, prompt included.

    Returns:
        One reward a word.
    """
    return model(tokens, answer_mask(tokens))


def scorer(model: RewardModel) -> Partial:
    """The reward model as `train_policy` wants its score."""
    return Partial(reward, model)


_words = jax.jit(draw_words, static_argnums=1)
_answers = jax.jit(lambda decoder, prompts, key: draw_answers(
    decoder, prompts, key, length=LENGTH, end=END
))  # fmt: skip
