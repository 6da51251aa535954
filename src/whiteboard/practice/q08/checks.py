"""The checks of DPO's loss, and of the log-probabilities it takes."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.preference_losses import answer_log_probs, dpo_loss
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Loss = Callable[..., Array]
PAIRS, BETA = 5, 0.3


def _log_probs(seed: int = 0) -> list[Array]:
    """Chosen, rejected, and the same under the reference."""
    drawn = -np.random.default_rng(seed).gamma(9, size=(4, PAIRS))
    return [jnp.asarray(row, "float32") for row in drawn]


def it_is_the_formula(loss: Loss) -> None:
    """The mean of log(1 + exp(-margin)) over five pairs, in float64."""
    arrays = _log_probs()
    chosen, rejected, held_chosen, held_rejected = (np.asarray(x, np.float64) for x in arrays)
    margin = BETA * ((chosen - held_chosen) - (rejected - held_rejected))
    want = np.logaddexp(0, -margin).mean()
    expect_close(jnp.asarray(loss(*arrays, beta=BETA)), want, "5 pairs, beta 0.3")


def it_starts_at_log_2(loss: Loss) -> None:
    """A policy that is still the reference has no margin, whatever the answers' probabilities."""
    chosen, rejected, *_ = _log_probs()
    got = loss(chosen, rejected, chosen, rejected, beta=BETA)
    expect_close(jnp.asarray(got), np.log(2), "policy = reference")


def a_likelier_chosen_answer_costs_less(loss: Loss) -> None:
    """One nat more for the chosen answers lowers the loss; one more for the rejected raises it."""
    chosen, rejected, *held = _log_probs()
    losses = (
        loss(chosen + 1, rejected, *held, beta=BETA),
        loss(chosen, rejected, *held, beta=BETA),
        loss(chosen, rejected + 1, *held, beta=BETA),
    )
    shown = ", ".join(f"{float(x):.3g}" for x in losses)
    expect(losses[0] < losses[1] < losses[2], f"chosen + 1, as it is, rejected + 1: {shown}")


def the_reference_is_frozen(loss: Loss) -> None:
    """Where both come from the same weights, the gradient is the policy's alone: -beta / 2."""
    chosen, rejected, *_ = _log_probs()
    got = jax.grad(lambda both: loss(both, rejected, both, rejected, beta=BETA))(chosen)
    expect_close(got, np.full(PAIRS, -BETA / 2 / PAIRS), "gradient at the start", atol=1e-6)


# The second part: the log-probability of an answer.

Score = Callable[[Array, Array, Array], Array]
TIME, VOCAB, START_AT, END = 8, 7, 3, 6


def _row(seed: int = 0) -> tuple[Array, Array, Array]:
    """Two rows of a prompt of three tokens, an answer of three, and two of padding."""
    draw = np.random.default_rng(seed)
    logits = jnp.asarray(2 * draw.normal(size=(2, TIME, VOCAB)), "float32")
    tokens = jnp.asarray(draw.integers(1, VOCAB, size=(2, TIME))).at[:, END:].set(0)
    time = jnp.broadcast_to(jnp.arange(TIME), tokens.shape)
    return logits, tokens, (time >= START_AT) & (time < END)


def each_token_by_the_position_before(score: Score) -> None:
    """Prompt 3, answer 3, padding 2: logits 2 to 4 predict tokens 3 to 5, in float64."""
    logits, tokens, answer = _row()
    rows = np.asarray(logits, np.float64)
    log_p = rows - np.logaddexp.reduce(rows, axis=-1, keepdims=True)
    want = [sum(log_p[b, t - 1, tokens[b, t]] for t in range(START_AT, END)) for b in (0, 1)]
    expect_close(score(logits, tokens, answer), want, "prompt 3, answer 3, padding 2")


def longer_answers_are_less_likely(score: Score) -> None:
    """With uniform logits over seven tokens, n tokens cost n log 7."""
    for length in (2, 5):
        logits, tokens = jnp.zeros((1, length + 1, VOCAB)), jnp.ones((1, length + 1), int)
        got = score(logits, tokens, jnp.arange(length + 1)[None] > 0)
        expect_close(got, [-length * np.log(VOCAB)], f"{length} tokens, uniform logits")


def the_prompt_is_not_scored(score: Score) -> None:
    """Logits that predict the prompt's own tokens have no gradient."""
    _expect_no_gradient(score, 0, START_AT - 1, "at the prompt's predictions")


def padding_is_not_scored(score: Score) -> None:
    """Nor have logits that predict padding, from the last token of the answer on."""
    _expect_no_gradient(score, END - 1, TIME, "at the padding's predictions")


def _expect_no_gradient(score: Score, start: int, end: int, where: str) -> None:
    logits, tokens, answer = _row()
    gradient = jax.grad(lambda x: score(x, tokens, answer).sum())(logits)[:, start:end]
    expect_close(gradient, np.zeros(gradient.shape), f"gradient {where}")


EXERCISES = (
    Exercise.of(
        dpo_loss,
        checks=(
            it_is_the_formula,
            it_starts_at_log_2,
            a_likelier_chosen_answer_costs_less,
            the_reference_is_frozen,
        ),
        probe=lambda loss: [
            jax.value_and_grad(lambda arrays: loss(*arrays, beta=BETA))(_log_probs(seed))
            for seed in (1, 2)
        ],
    ),
    Exercise.of(
        answer_log_probs,
        checks=(
            each_token_by_the_position_before,
            longer_answers_are_less_likely,
            the_prompt_is_not_scored,
            padding_is_not_scored,
        ),
        probe=lambda score: [score(*_row(seed)) for seed in (2, 3)],
    ),
)
