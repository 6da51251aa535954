"""Reinforcement learning of a small decoder: sample answers, score them, update, all compiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.tree_util import Partial
from jaxtyping import Array, Bool, Float, Int, Key

from whiteboard.architecture.advantages import generalized_advantages, whiten
from whiteboard.architecture.grpo import group_advantages, grpo_loss
from whiteboard.architecture.kl_estimators import kl_divergence
from whiteboard.architecture.ppo import clipped_surrogate, clipped_value_loss, token_rewards
from whiteboard.architecture.reward_model import ScalarHead
from whiteboard.architecture.token_log_probs import token_log_probs
from whiteboard.lm.decoder import Decoder


@dataclass(frozen=True)
class RlhfConfig:
    """One run of reinforcement learning; its batches are answers, not tokens.

    Attributes:
        algorithm: "ppo" (value head, KL in the reward) or "grpo" (groups, KL in the loss).
        steps: batches of answers.
        answers: in a batch; every `group_size` of them answer one prompt.
        group_size: G of GRPO.
        epochs: updates that learn from one batch.
        length: most tokens of prompt and answer together.
        end: the token that ends an answer.
        learning_rate: of Adam.
        clip_range: eps of the ratio, and of the values.
        gae_lambda: of PPO's advantages.
        value_coef: factor on the value head's loss.
    """

    algorithm: Literal["ppo", "grpo"]
    length: int
    end: int
    steps: int = 100
    answers: int = 128
    group_size: int = 8
    epochs: int = 3
    learning_rate: float = 1e-3
    clip_range: float = 0.2
    gae_lambda: float = 0.95
    value_coef: float = 0.5


class Policy(nnx.Module):
    """A decoder, and a value head on the same hidden states."""

    def __init__(self, decoder: Decoder, *, rngs: nnx.Rngs) -> None:
        self.decoder = decoder
        self.value_head = ScalarHead(decoder.config.hidden_size, rngs=rngs)

    def __call__(
        self, tokens: Int[Array, "batch time"]
    ) -> tuple[Float[Array, "batch steps vocab_size"], Float[Array, "batch steps"]]:
        """Logits and values of the states in which tokens 1, 2, ... were chosen."""
        hidden = self.decoder.hidden(tokens[:, :-1])[0]
        return self.decoder.unembed(hidden), self.value_head(hidden)


class History(NamedTuple):
    """What each batch showed, before its updates: means over its answers.

    Attributes:
        score: the reward that is optimised.
        verified: what the checker says.
        kl: KL of the policy and its reference, summed over an answer's tokens, in nats.
    """

    score: Float[Array, "steps"]
    verified: Float[Array, "steps"]
    kl: Float[Array, "steps"]


class Batch(NamedTuple):
    """Answers as they were drawn, with what stays fixed while they are learned from."""

    tokens: Int[Array, "answers length"]
    mask: Bool[Array, "answers steps"]
    log_probs: Float[Array, "answers steps"]
    reference_log_probs: Float[Array, "answers steps"]
    values: Float[Array, "answers steps"]
    returns: Float[Array, "answers steps"]
    advantages: Float[Array, "answers ..."]


def draw_answers(
    decoder: Decoder, prompts: Int[Array, "answers"], key: Key[Array, ""], *, length: int, end: int
) -> Int[Array, "answers length"]:
    """Sample at temperature 1 from one-token prompts; behind its end an answer repeats `end`.

    Args:
        decoder: the policy.
        prompts: one token id each.
        key: of the draws.
        length: tokens of prompt and answer together.
        end: id of the token that ends an answer.

    Returns:
        Token ids, the prompt first.
    """
    tokens = jnp.full((len(prompts), length), end).at[:, 0].set(prompts)

    def one_more(carry: tuple[Array, Array], step: tuple[Array, Array]) -> Any:
        tokens, ended = carry
        place, key = step
        drawn = jax.random.categorical(key, decoder(tokens)[:, place - 1])
        drawn = jnp.where(ended, end, drawn)
        return (tokens.at[:, place].set(drawn), ended | (drawn == end)), None

    steps = jnp.arange(1, length), jax.random.split(key, length - 1)
    return jax.lax.scan(one_more, (tokens, jnp.zeros(len(prompts), bool)), steps)[0][0]


def train_policy(
    policy: Policy,
    config: RlhfConfig,
    *,
    draw_prompts: Callable[[Key[Array, ""], int], Int[Array, "count"]],
    score: Callable[[Int[Array, "answers length"]], Float[Array, "answers"]],
    verify: Callable[[Int[Array, "answers length"]], Float[Array, "answers"]],
    kl_coef: float,
    seed: int = 0,
) -> tuple[Policy, History]:
    """Train a copy of a policy; what it was at first is the reference.

    Args:
        policy: the SFT model with a value head; it is left as it is.
        config: sizes and factors.
        draw_prompts: `draw_prompts(key, count)`, one token each.
        score: the reward that is optimised: the checker itself, or a reward model, as `Partial(f,
            model)` of jax.tree_util, so that another model compiles nothing anew.
        verify: the checker, for the history alone.
        kl_coef: the leash, in units of reward per nat; 0 is none.
        seed: of prompts and samples.

    Returns:
        The trained policy and its history.
    """
    graph, start = nnx.split(policy)
    score, verify = (f if isinstance(f, Partial) else Partial(f) for f in (score, verify))
    key = jax.random.key(seed)
    weights, history = _train(
        graph, config, draw_prompts, score, verify, start, jnp.float32(kl_coef), key
    )
    return nnx.merge(graph, weights), history


@partial(jax.jit, static_argnums=(0, 1, 2))
def _train(
    graph: Any, config: RlhfConfig, draw_prompts: Callable[..., Array], score: Partial,
    verify: Partial, start: Any, kl_coef: Array, key: Array,
) -> tuple[Any, History]:  # fmt: skip
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(config.learning_rate))
    objective = partial(_ppo_loss if config.algorithm == "ppo" else _grpo_loss, config)

    def step(carry: Any, key: Array) -> tuple[Any, History]:
        policy, keys = nnx.merge(graph, carry[0]), jax.random.split(key)
        prompts = draw_prompts(keys[0], config.answers // config.group_size)
        prompts = jnp.repeat(prompts, config.group_size)
        tokens = draw_answers(
            policy.decoder, prompts, keys[1], length=config.length, end=config.end
        )
        scores = score(tokens)
        batch, kl = _batch(config, policy, nnx.merge(graph, start), tokens, scores, kl_coef)

        def update(carry: Any, _: None) -> tuple[Any, None]:
            weights, state = carry
            gradient = jax.grad(lambda w: objective(nnx.merge(graph, w), batch, kl_coef))(weights)
            updates, state = optimizer.update(gradient, state, weights)
            return (optax.apply_updates(weights, updates), state), None

        carry, _ = jax.lax.scan(update, carry, length=config.epochs)
        return carry, History(scores.mean(), verify(tokens).mean(), kl)

    carry = (start, optimizer.init(start))
    (weights, _), history = jax.lax.scan(step, carry, jax.random.split(key, config.steps))
    return weights, history


# --8<-- [start:losses]
def _batch(
    config: RlhfConfig, policy: Policy, reference: Policy, tokens: Array, scores: Array,
    kl_coef: Array,
) -> tuple[Batch, Array]:  # fmt: skip
    (logits, values), (reference_logits, _) = policy(tokens), reference(tokens)
    mask = jnp.cumsum(tokens == config.end, axis=1)[:, :-1] == 0  # not over before token t
    old, kept = (token_log_probs(x, tokens[:, 1:]) for x in (logits, reference_logits))
    if config.algorithm == "ppo":
        rewards = token_rewards(scores, old, kept, mask, kl_coef=kl_coef)
        advantages = generalized_advantages(rewards, values, mask, gae_lambda=config.gae_lambda)
        returns, advantages = advantages + values, whiten(advantages, mask)
    else:
        returns, advantages = values, group_advantages(scores, group_size=config.group_size)
    kl = jnp.where(mask, kl_divergence(logits, reference_logits), 0).sum(axis=1).mean()
    return Batch(tokens, mask, old, kept, values, returns, advantages), kl


def _ppo_loss(config: RlhfConfig, policy: Policy, batch: Batch, _: Array) -> Array:
    logits, values = policy(batch.tokens)
    log_probs, clip = token_log_probs(logits, batch.tokens[:, 1:]), config.clip_range
    surrogate = clipped_surrogate(log_probs, batch.log_probs, batch.advantages, clip_range=clip)
    errors = clipped_value_loss(values, batch.values, batch.returns, clip_range=clip)
    return (surrogate + config.value_coef * errors).mean(where=batch.mask)


def _grpo_loss(config: RlhfConfig, policy: Policy, batch: Batch, kl_coef: Array) -> Array:
    return grpo_loss(
        token_log_probs(policy(batch.tokens)[0], batch.tokens[:, 1:]), batch.log_probs,
        batch.reference_log_probs, batch.advantages, batch.mask,
        clip_range=config.clip_range, kl_coef=kl_coef,
    )  # fmt: skip


# --8<-- [end:losses]
