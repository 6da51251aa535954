"""Losses on preferences: DPO, IPO, KTO, SimPO and ORPO, and the log-probabilities they take."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.token_log_probs import token_log_probs


# --8<-- [start:log_probs]
def answer_log_probs(
    logits: Float[Array, "batch time vocab_size"],
    tokens: Int[Array, "batch time"],
    answer: Bool[Array, "batch time"],
) -> Float[Array, "batch"]:
    """log p(answer | prompt) of each row in nats: the sum over the answer's tokens.

    sum over t in the answer of log p(token[t] | tokens before t)

    Args:
        logits: the decoder's output for `tokens`; position t - 1 predicts token t.
        tokens: prompt, answer, padding.
        answer: True at the answer's tokens, its end token among them; False in prompt and padding.
            Its first column does not count: nothing predicts the first token.

    Returns:
        One number a row; 0 for a row without an answer. Divide by `answer.sum(axis=1)` for the mean
        per token, which SimPO and ORPO take.
    """
    each = token_log_probs(logits[:, :-1], tokens[:, 1:])
    return each.sum(axis=1, where=answer[:, 1:])


# --8<-- [end:log_probs]


# --8<-- [start:dpo]
def implicit_reward(
    policy: Float[Array, "pairs"], reference: Float[Array, "pairs"], *, beta: float
) -> Float[Array, "pairs"]:
    """beta log(pi / pi_ref): the reward for which the policy is optimal, but for a term in x.

    Args:
        policy: log-probabilities of answers under the policy.
        reference: of the same answers under the frozen reference; no gradient flows into it.
        beta: price of a nat of KL from the reference, in units of reward.

    Returns:
        One reward a pair, up to a constant of its prompt.
    """
    return beta * (policy - jax.lax.stop_gradient(reference))


def dpo_loss(
    chosen: Float[Array, "pairs"],
    rejected: Float[Array, "pairs"],
    reference_chosen: Float[Array, "pairs"],
    reference_rejected: Float[Array, "pairs"],
    *,
    beta: float,
) -> Float[Array, ""]:
    """Mean of `-log sigmoid(margin)`, the margin being a difference of implicit rewards.

    margin = beta (log pi(y_w)/pi_ref(y_w) - log pi(y_l)/pi_ref(y_l)). Its gradient is
    `-beta sigmoid(-margin)` at the chosen answer's log-probability, and the opposite at the
    rejected one's: the pair alone is pushed apart.

    Args:
        chosen: log pi(y_w | x), summed over the answer's tokens.
        rejected: log pi(y_l | x), likewise.
        reference_chosen: log pi_ref(y_w | x); may be computed once, before training.
        reference_rejected: log pi_ref(y_l | x).
        beta: larger keeps the policy nearer to the reference; 0.1 is usual.

    Returns:
        The mean over the pairs, in nats.

    Source: Rafailov et al., arXiv 2305.18290, equation 7.
    """
    margin = implicit_reward(chosen, reference_chosen, beta=beta) - implicit_reward(
        rejected, reference_rejected, beta=beta
    )
    return -jax.nn.log_sigmoid(margin).mean()


# --8<-- [end:dpo]


# --8<-- [start:others]
def ipo_loss(
    chosen: Float[Array, "pairs"],
    rejected: Float[Array, "pairs"],
    reference_chosen: Float[Array, "pairs"],
    reference_rejected: Float[Array, "pairs"],
    *,
    beta: float,
) -> Float[Array, ""]:
    """Mean of `(h - 1 / (2 beta))^2` with h the difference of the two log-ratios.

    A square has its minimum at a finite h, where DPO's sigmoid always asks for more.

    Args:
        chosen: log pi(y_w | x): summed as in the paper, or the mean per token, as trl has it.
        rejected: log pi(y_l | x); this and the next two on the same footing.
        reference_chosen: log pi_ref(y_w | x).
        reference_rejected: log pi_ref(y_l | x).
        beta: the paper's tau; larger asks for a smaller h.

    Returns:
        The mean over the pairs.

    Source: Azar et al., arXiv 2310.12036, equation 17.
    """
    h = implicit_reward(chosen, reference_chosen, beta=1.0) - implicit_reward(
        rejected, reference_rejected, beta=1.0
    )
    return ((h - 1 / (2 * beta)) ** 2).mean()


def kto_loss(
    policy: Float[Array, "batch"],
    reference: Float[Array, "batch"],
    desirable: Bool[Array, "batch"],
    *,
    beta: float,
    kl: Float[Array, ""] | float,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
) -> Float[Array, ""]:
    """Mean of `weight (1 - sigmoid(+-beta (log pi/pi_ref - kl)))`: single answers, not pairs.

    Args:
        policy: log pi(y | x) of each answer, summed over its tokens.
        reference: log pi_ref(y | x).
        desirable: thumbs up (the sign is +) or down (-).
        beta: how soon an answer counts as good or bad enough.
        kl: the point of reference: an estimate of KL(pi || pi_ref), 0 or more, from mismatched
            prompts and answers of the batch. No gradient flows into it.
        desirable_weight: lambda_D.
        undesirable_weight: lambda_U; together they make up for unequal numbers.

    Returns:
        The mean over the answers, 0 to the larger weight.

    Source: Ethayarajh et al., arXiv 2402.01306, equations 7 and 8.
    """
    point = jnp.maximum(jax.lax.stop_gradient(jnp.asarray(kl)), 0)
    gain = implicit_reward(policy, reference, beta=beta) - beta * point
    weight = jnp.where(desirable, desirable_weight, undesirable_weight)
    return (weight * jax.nn.sigmoid(jnp.where(desirable, -gain, gain))).mean()


def simpo_loss(
    chosen: Float[Array, "pairs"], rejected: Float[Array, "pairs"], *, beta: float, gamma: float
) -> Float[Array, ""]:
    """Mean of `-log sigmoid(beta (chosen - rejected) - gamma)`; there is no reference.

    Args:
        chosen: log pi(y_w | x) / length: the mean per token.
        rejected: log pi(y_l | x) / length.
        beta: scale of a mean log-probability; about 2, far above DPO's.
        gamma: the margin that the scaled difference has to pass.

    Returns:
        The mean over the pairs, in nats.

    Source: Meng et al., arXiv 2405.14734, equation 6.
    """
    return -jax.nn.log_sigmoid(beta * (chosen - rejected) - gamma).mean()


def orpo_loss(
    chosen: Float[Array, "pairs"], rejected: Float[Array, "pairs"], *, weight: float
) -> Float[Array, ""]:
    """Mean of `-chosen - weight log sigmoid(log odds(chosen) - log odds(rejected))`.

    odds(p) = p / (1 - p), of p = exp(mean log-probability). The first term is supervised
    fine-tuning on the chosen answer, so that neither a reference nor an SFT stage is needed.

    Args:
        chosen: log pi(y_w | x) / length, below 0.
        rejected: log pi(y_l | x) / length, below 0.
        weight: the paper's lambda.

    Returns:
        The mean over the pairs, in nats.

    Source: Hong et al., arXiv 2403.07691, equations 6 and 7.
    """

    def log_odds(log_p: Float[Array, "pairs"]) -> Float[Array, "pairs"]:
        return log_p - jnp.log(-jnp.expm1(log_p))

    odds_ratio = log_odds(chosen) - log_odds(rejected)
    return (-chosen - weight * jax.nn.log_sigmoid(odds_ratio)).mean()


# --8<-- [end:others]


# --8<-- [start:optimum]
def optimal_policy(
    reference: Float[Array, "*prompts answers"],
    reward: Float[Array, "*prompts answers"],
    *,
    beta: float,
) -> Float[Array, "*prompts answers"]:
    """log pi* that maximises `E[reward] - beta KL(pi || pi_ref)`, over all answers.

    pi*(y) = pi_ref(y) exp(reward(y) / beta) / Z

    Args:
        reference: log pi_ref of every answer.
        reward: of every answer.
        beta: price of a nat of KL.

    Returns:
        Log-probability of every answer under pi*; their probabilities add up to 1 for each prompt.

    Source: Rafailov et al., arXiv 2305.18290, equation 4.
    """
    return jax.nn.log_softmax(reference + reward / beta)


# --8<-- [end:optimum]
