"""One small task, three ways to learn it: offline DPO, online DPO, policy gradient with a leash.

An answer is a short string over a few tokens. Its true reward is the number of times that a token
is the one before plus one, modulo the vocabulary. A policy is a table of logits by position and
previous token, so all answers can be listed, and expected reward and KL are exact. The optimum of
`E[reward] - beta KL` is such a table too: all three methods could reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from whiteboard.architecture.preference_losses import dpo_loss

METHODS = ("offline DPO", "online DPO", "policy gradient")


@dataclass(frozen=True)
class Toy:
    """Sizes of the task and of the training.

    Attributes:
        vocab_size: tokens (V).
        length: tokens of an answer (T).
        pairs: labelled pairs of offline DPO, drawn once from the reference.
        batch: pairs a step; policy gradient takes twice as many answers.
        steps: updates of every method.
        learning_rate: of Adam.
        beta: price of a nat of KL, in units of reward.
        spread: standard deviation of the reference's logits.
    """

    vocab_size: int = 4
    length: int = 5
    pairs: int = 128
    batch: int = 32
    steps: int = 600
    learning_rate: float = 0.03
    beta: float = 0.5
    spread: float = 1.0


class History(NamedTuple):
    """What each step saw, before its update.

    Attributes:
        reward: the expected true reward, over all answers.
        kl: KL(pi || pi_ref) in nats.
        chosen: mean log-probability of the preferred answers of the offline pairs.
        rejected: of the others.
    """

    reward: Float[Array, "steps"]
    kl: Float[Array, "steps"]
    chosen: Float[Array, "steps"]
    rejected: Float[Array, "steps"]


# --8<-- [start:task]
def answers(toy: Toy) -> Int[Array, "answers length"]:
    """All V^T answers."""
    grid = jnp.indices((toy.vocab_size,) * toy.length)
    return grid.reshape(toy.length, -1).T


def true_reward(toy: Toy) -> Float[Array, "answers"]:
    """Of every answer: how often a token is the one before plus one."""
    every = answers(toy)
    counted_up = every[:, 1:] == (every[:, :-1] + 1) % toy.vocab_size
    return counted_up.sum(axis=1).astype(jnp.float32)


def log_policy(
    toy: Toy, table: Float[Array, "length vocab_size vocab_size"]
) -> Float[Array, "answers"]:
    """log pi of every answer: the sum over t of log softmax(table[t, previous token]).

    Args:
        toy: the task.
        table: logits of the next token by place in the answer and previous token.

    Returns:
        Log-probability of each possible answer, in the order of `answers`.
    """
    every = answers(toy)
    previous = jnp.pad(every[:, :-1], ((0, 0), (1, 0)))  # token 0 stands before the first
    return jax.nn.log_softmax(table)[jnp.arange(toy.length), previous, every].sum(axis=1)


def prefer(
    pair: Int[Array, "pairs 2"], reward: Float[Array, "answers"], key: Key[Array, ""]
) -> Int[Array, "pairs 2"]:
    """The better answer first, as a judge does with p = sigmoid(difference of the rewards).

    Args:
        pair: numbers of two answers each.
        reward: true reward of every answer.
        key: of the judge's draws.

    Returns:
        The same pairs, each with the preferred answer first.
    """
    first, second = reward[pair].T
    keep = jax.random.bernoulli(key, jax.nn.sigmoid(first - second))
    return jnp.where(keep[:, None], pair, pair[:, ::-1])


# --8<-- [end:task]


def reference_table(
    toy: Toy, seed: Int[Array, ""] | int
) -> Float[Array, "length vocab_size vocab_size"]:
    """The logits that all methods start from.

    Args:
        toy: the task; `spread` is the standard deviation of the logits.
        seed: of the draw.

    Returns:
        Logits of the next token by place in the answer and previous token.
    """
    shape = (toy.length, toy.vocab_size, toy.vocab_size)
    return toy.spread * jax.random.normal(jax.random.key(seed), shape)


# --8<-- [start:train]
@partial(jax.jit, static_argnums=(0, 1))
def train(toy: Toy, method: str, seed: Int[Array, ""] | int = 0) -> History:
    """Train one policy from the reference.

    Args:
        toy: the task and the sizes of the training.
        method: `offline DPO` learns from pairs of the reference, again and again; `online DPO` from
            fresh pairs of the policy as it is; `policy gradient` from the true reward of fresh
            answers, less beta times their log-ratio, with the batch's mean as the baseline.
        seed: of the reference, the pairs and the judge.

    Returns:
        Reward, KL and log-probabilities of the offline pairs at each step, before its update.

    Raises:
        ValueError: another method.
    """
    if method not in METHODS:
        raise ValueError(f"wanted one of {', '.join(METHODS)}, got {method!r}")
    reward, start = true_reward(toy), reference_table(toy, seed)
    reference, keys = log_policy(toy, start), jax.random.split(jax.random.key(seed + 1), 3)
    drawn = jax.random.categorical(keys[0], reference, shape=(toy.pairs, 2))
    data = prefer(drawn, reward, keys[1])
    optimizer = optax.adam(toy.learning_rate)

    def loss(table: Array, key: Array) -> tuple[Array, Array]:
        policy = log_policy(toy, table)
        draw, judge = jax.random.split(key)
        fresh = jax.random.categorical(draw, jax.lax.stop_gradient(policy), shape=(toy.batch, 2))
        if method == "policy gradient":
            gain = reward - toy.beta * jax.lax.stop_gradient(policy - reference)
            advantage = gain[fresh] - gain[fresh].mean()
            return -(advantage * policy[fresh]).mean(), policy
        old = data[jax.random.randint(draw, (toy.batch,), 0, toy.pairs)]
        pair = old if method == "offline DPO" else prefer(fresh, reward, judge)
        return dpo_loss(*policy[pair].T, *reference[pair].T, beta=toy.beta), policy

    def step(carry: tuple[Any, Any], key: Array) -> tuple[tuple[Any, Any], History]:
        table, state = carry
        gradient, policy = jax.grad(loss, has_aux=True)(table, key)
        p = jnp.exp(policy)
        seen = History((p * reward).sum(), (p * (policy - reference)).sum(),
                       *policy[data].mean(axis=0))  # fmt: skip
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(table, updates), state), seen

    return jax.lax.scan(step, (start, optimizer.init(start)), jax.random.split(keys[2], toy.steps))[
        1
    ]


# --8<-- [end:train]
