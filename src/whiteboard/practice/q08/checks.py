"""Question 8: DPO's loss, the log-probabilities it takes, and how each goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.preference_losses import answer_log_probs, dpo_loss
from whiteboard.practice.core import Check, Exercise, Variant
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


def flipped_margin(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    return dpo_loss(rejected, chosen, held_rejected, held_chosen, beta=beta)


def live_reference(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    margin = beta * ((chosen - held_chosen) - (rejected - held_rejected))
    return -jax.nn.log_sigmoid(margin).mean()


def no_reference(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    return -jax.nn.log_sigmoid(beta * (chosen - rejected)).mean()


def beta_outside(
    chosen: Array, rejected: Array, held_chosen: Array, held_rejected: Array, *, beta: float
) -> Array:
    return dpo_loss(chosen, rejected, held_chosen, held_rejected, beta=1.0) * beta


FORMULA, START = frozenset({"it_is_the_formula"}), frozenset({"it_starts_at_log_2"})
FROZEN = frozenset({"the_reference_is_frozen"})
DPO = Exercise(
    question=8,
    right=dpo_loss,
    checks=(
        Check(it_is_the_formula),
        Check(it_starts_at_log_2),
        Check(a_likelier_chosen_answer_costs_less),
        Check(the_reference_is_frozen),
    ),
    variants=(
        Variant(
            "flipped_margin",
            "the loss falls, and the share of pairs in the right order falls with it",
            flipped_margin,
            FORMULA | FROZEN | {"a_likelier_chosen_answer_costs_less"},
        ),
        Variant(
            "live_reference",
            "reference and policy are the same weights: the loss stays at 0.693, nothing is learnt",
            live_reference,
            FROZEN,
        ),
        Variant(
            "no_reference",
            "the first loss is not 0.693, and answers that were rare before stay far behind",
            no_reference,
            FORMULA | START | FROZEN,
        ),
        Variant(
            "beta_outside",
            "beta only scales the learning rate: no value of it holds the policy back",
            beta_outside,
            FORMULA | START,
        ),
    ),
    probe=lambda loss: [
        jax.value_and_grad(lambda arrays: loss(*arrays, beta=BETA))(_log_probs(seed))
        for seed in (1, 2)
    ],
)

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


def mean_instead_of_sum(logits: Array, tokens: Array, answer: Array) -> Array:
    return answer_log_probs(logits, tokens, answer) / answer[:, 1:].sum(axis=1)


def prompt_counted(logits: Array, tokens: Array, answer: Array) -> Array:
    last = answer.shape[1] - 1 - jnp.argmax(answer[:, ::-1], axis=1)
    up_to_the_end = jnp.arange(answer.shape[1])[None] <= last[:, None]
    return answer_log_probs(logits, tokens, up_to_the_end)


def padding_counted(logits: Array, tokens: Array, answer: Array) -> Array:
    first = jnp.argmax(answer, axis=1)
    from_the_start = jnp.arange(answer.shape[1])[None] >= first[:, None]
    return answer_log_probs(logits, tokens, from_the_start)


def shifted_by_one(logits: Array, tokens: Array, answer: Array) -> Array:
    log_p = jax.nn.log_softmax(logits)
    picked = jnp.take_along_axis(log_p, tokens[..., None], axis=-1)[..., 0]
    return picked.sum(axis=1, where=answer)


TOKENS = frozenset({"each_token_by_the_position_before"})
LOG_PROBS = Exercise(
    question=8,
    right=answer_log_probs,
    checks=(
        Check(each_token_by_the_position_before),
        Check(longer_answers_are_less_likely),
        Check(the_prompt_is_not_scored),
        Check(padding_is_not_scored),
    ),
    variants=(
        Variant(
            "mean_instead_of_sum",
            "margins are divided by the answers' lengths, and so in effect is beta",
            mean_instead_of_sum,
            TOKENS | {"longer_answers_are_less_likely"},
        ),
        Variant(
            "prompt_counted",
            "DPO's loss is as before, for the prompt cancels; SimPO, ORPO and every plot are wrong",
            prompt_counted,
            TOKENS | {"the_prompt_is_not_scored"},
        ),
        Variant(
            "padding_counted",
            "the shorter answer of a batch pays for its padding, so long answers win",
            padding_counted,
            TOKENS | {"padding_is_not_scored"},
        ),
        Variant(
            "shifted_by_one",
            "each token is scored by logits that have seen it: the loss moves, the model does not",
            shifted_by_one,
            TOKENS | {"padding_is_not_scored"},
        ),
    ),
    probe=lambda score: [score(*_row(seed)) for seed in (2, 3)],
)
EXERCISES = (DPO, LOG_PROBS)
