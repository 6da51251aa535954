"""Known wrong losses of DPO, and wrong log-probabilities of an answer."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from whiteboard.architecture.preference_losses import answer_log_probs, dpo_loss
from whiteboard.practice.core import Variant
from whiteboard.practice.q08 import checks


def flipped_margin(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    """the loss falls, and the share of pairs in the right order falls with it"""
    return dpo_loss(rejected, chosen, held_rejected, held_chosen, beta=beta)


def live_reference(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    """reference and policy are the same weights: the loss stays at 0.693, nothing is learnt"""
    margin = beta * ((chosen - held_chosen) - (rejected - held_rejected))
    return -jax.nn.log_sigmoid(margin).mean()


def no_reference(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    """the first loss is not 0.693, and answers that were rare before stay far behind"""
    return -jax.nn.log_sigmoid(beta * (chosen - rejected)).mean()


def beta_outside(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    """beta only scales the learning rate: no value of it holds the policy back"""
    return dpo_loss(chosen, rejected, held_chosen, held_rejected, beta=1.0) * beta


def mean_instead_of_sum(logits: Array, tokens: Array, answer: Array) -> Array:
    """margins are divided by the answers' lengths, and so in effect is beta"""
    return answer_log_probs(logits, tokens, answer) / answer[:, 1:].sum(axis=1)


def prompt_counted(logits: Array, tokens: Array, answer: Array) -> Array:
    """DPO's loss is as before, for the prompt cancels; SimPO, ORPO and every plot are wrong"""
    last = answer.shape[1] - 1 - jnp.argmax(answer[:, ::-1], axis=1)
    up_to_the_end = jnp.arange(answer.shape[1])[None] <= last[:, None]
    return answer_log_probs(logits, tokens, up_to_the_end)


def padding_counted(logits: Array, tokens: Array, answer: Array) -> Array:
    """the shorter answer of a batch pays for its padding, so long answers win"""
    first = jnp.argmax(answer, axis=1)
    from_the_start = jnp.arange(answer.shape[1])[None] >= first[:, None]
    return answer_log_probs(logits, tokens, from_the_start)


def shifted_by_one(logits: Array, tokens: Array, answer: Array) -> Array:
    """each token is scored by logits that have seen it: the loss moves, the model does not"""
    log_p = jax.nn.log_softmax(logits)
    picked = jnp.take_along_axis(log_p, tokens[..., None], axis=-1)[..., 0]
    return picked.sum(axis=1, where=answer)


MISTAKES = (
    # Of `dpo_loss`.
    Variant.of(
        flipped_margin,
        caught_by=[
            checks.it_is_the_formula,
            checks.a_likelier_chosen_answer_costs_less,
            checks.the_reference_is_frozen,
        ],
    ),
    Variant.of(live_reference, caught_by=[checks.the_reference_is_frozen]),
    Variant.of(
        no_reference,
        caught_by=[
            checks.it_is_the_formula,
            checks.it_starts_at_log_2,
            checks.the_reference_is_frozen,
        ],
    ),
    Variant.of(beta_outside, caught_by=[checks.it_is_the_formula, checks.it_starts_at_log_2]),
    # Of `answer_log_probs`.
    Variant.of(
        mean_instead_of_sum,
        caught_by=[checks.each_token_by_the_position_before, checks.longer_answers_are_less_likely],
    ),
    Variant.of(
        prompt_counted,
        caught_by=[checks.each_token_by_the_position_before, checks.the_prompt_is_not_scored],
    ),
    Variant.of(
        padding_counted,
        caught_by=[checks.each_token_by_the_position_before, checks.padding_is_not_scored],
    ),
    Variant.of(
        shifted_by_one,
        caught_by=[checks.each_token_by_the_position_before, checks.padding_is_not_scored],
    ),
)
