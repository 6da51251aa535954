"""Preference pairs as arrays, and DPO on a decoder with the reference's log-probabilities given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.preference_losses import answer_log_probs, dpo_loss
from whiteboard.lm.decoder import Decoder


# --8<-- [start:pairs]
class PreferencePairs(NamedTuple):
    """Pairs of answers to the same prompt: index 0 is the chosen one, 1 the rejected one.

    Attributes:
        tokens: prompt, answer and padding of each.
        answer: True at the tokens of the answer.
        reference: their log-probabilities under the reference, computed once by `with_reference`.
    """

    tokens: Int[Array, "*pairs 2 time"]
    answer: Bool[Array, "*pairs 2 time"]
    reference: Float[Array, "*pairs 2"]


def preference_pairs(
    triples: Sequence[tuple[Sequence[int], Sequence[int], Sequence[int]]], *, time: int
) -> PreferencePairs:
    """Prompt, chosen and rejected answer as token ids, padded at the end; the reference is NaN.

    Args:
        triples: token ids of prompt, chosen and rejected answer; the answers with their end token,
            or the model never learns to stop.
        time: length to pad prompt and answer to.

    Returns:
        The pairs, chosen answer first.

    Raises:
        ValueError: when a prompt or an answer is empty, or both together are longer than `time`.
    """
    tokens = np.zeros((len(triples), 2, time), np.int32)
    answer = np.zeros(tokens.shape, bool)
    for row, (prompt, *answers) in enumerate(triples):
        for column, ids in enumerate(answers):
            end = len(prompt) + len(ids)
            if not prompt or not ids or end > time:
                raise ValueError(
                    f"pair {row}: wanted a prompt and an answer of {time} tokens at most together, "
                    f"got {len(prompt)} and {len(ids)}: raise time or leave the pair out"
                )
            tokens[row, column, :end] = [*prompt, *ids]
            answer[row, column, len(prompt) : end] = True
    reference = np.full(tokens.shape[:2], np.nan, np.float32)
    return PreferencePairs(*map(jnp.asarray, (tokens, answer, reference)))


@jax.jit
def pair_log_probs(decoder: Decoder, pairs: PreferencePairs) -> Float[Array, "pairs 2"]:
    """log p of both answers, summed over their tokens; both go through the model in one batch.

    Args:
        decoder: the policy.
        pairs: chosen and rejected answer of each prompt.

    Returns:
        Log-probabilities in nats, chosen answer first.
    """
    tokens, answer = (x.reshape(-1, x.shape[-1]) for x in pairs[:2])
    return answer_log_probs(decoder(tokens), tokens, answer).reshape(-1, 2)


def with_reference(decoder: Decoder, pairs: PreferencePairs, *, batch: int) -> PreferencePairs:
    """The pairs with the log-probabilities that this decoder gives them.

    Call it before training. From then on no second copy of the model is needed.

    Args:
        decoder: the reference; for DPO, the model that training starts from.
        pairs: chosen and rejected answers; their number is a multiple of `batch`.
        batch: number of pairs computed at a time.

    Returns:
        The same pairs with `reference` filled in.
    """
    parts = jax.tree.map(lambda x: x.reshape(-1, batch, *x.shape[1:]), pairs)
    reference = [
        pair_log_probs(decoder, jax.tree.map(lambda x, i=i: x[i], parts))
        for i in range(len(parts.tokens))
    ]
    return pairs._replace(reference=jnp.concatenate(reference))


# --8<-- [end:pairs]


# --8<-- [start:objective]
def dpo_objective(
    decoder: Decoder, pairs: PreferencePairs, *, beta: float, nll_weight: float = 0.0
) -> Float[Array, ""]:
    """DPO's loss, plus `nll_weight` times the chosen answers' loss per token.

    The second term holds the chosen log-probability up, which DPO alone does not.

    Source: Pang et al., arXiv 2404.19733, equation 2, for the second term.

    Args:
        decoder: the policy.
        pairs: with the reference's log-probabilities, see `with_reference`.
        beta: price of a nat of KL from the reference, in units of reward.
        nll_weight: factor on the negative log-likelihood of the chosen answers.

    Returns:
        One number to minimise.
    """
    log_probs = pair_log_probs(decoder, pairs)
    loss = dpo_loss(*log_probs.T, *pairs.reference.T, beta=beta)
    if not nll_weight:
        return loss
    per_token = log_probs[:, 0] / pairs.answer[:, 0].sum(axis=1)
    return loss - nll_weight * per_token.mean()


# --8<-- [end:objective]
