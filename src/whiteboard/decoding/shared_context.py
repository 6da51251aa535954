"""One reading of a long context for many questions: branches that do not see each other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.lm.context import Context
from whiteboard.lm.decoder import Decoder


# --8<-- [start:mask]
def branch_layout(
    context: int, branches: int, stem: int, leaves: int
) -> tuple[Int[np.ndarray, "time"], Bool[np.ndarray, "time time"]]:
    """Position of each token, and whom it sees, for questions that share a context.

    One row holds the context, then each branch: a stem (the question) and its leaves (tokens any
    of which might come next). A branch sees the context and itself. A leaf sees its stem and no
    other leaf; all leaves stand at the position after the stem.

    Args:
        context: tokens that all branches share.
        branches: number of questions.
        stem: tokens of a question.
        leaves: candidate next tokens of each question.

    Returns:
        The position of each token, and True where a token may see another.
    """
    width = stem + leaves
    index = np.arange(context + branches * width)
    branch, within = np.divmod(index - context, width)
    leaf = (branch >= 0) & (within >= stem)
    place = np.where(branch < 0, index, context + np.minimum(within, stem))
    own = branch[:, None] == branch[None]
    shared = (branch < 0)[None] | (own & ~leaf[None])
    earlier = index[None] <= index[:, None]
    return place, (shared & earlier) | np.eye(len(index), dtype=bool)


# --8<-- [end:mask]


@jax.jit
def branch_logits(
    decoder: Decoder,
    context: Int[Array, "context"],
    stems: Int[Array, "branches stem"],
    leaves: Int[Array, "leaves"],
) -> Float[Array, "branches one_and_leaves vocab_size"]:
    """Logits after each branch's stem, and after each of its leaves.

    Args:
        decoder: read only.
        context: token ids that all branches share.
        stems: token ids of the questions, all of one length.
        leaves: token ids of the candidate next tokens, the same for every branch.

    Returns:
        Logits of the next token: first after the stem, then after each leaf.
    """
    branches, stem = stems.shape
    place, mask = branch_layout(len(context), branches, stem, len(leaves))
    tails = jnp.concatenate([stems, jnp.tile(leaves, (branches, 1))], axis=1)
    tokens = jnp.concatenate([context, tails.ravel()])[None]
    shared = Context.of(decoder.config, jnp.asarray(place)[None], jnp.asarray(mask)[None])
    hidden, _ = decoder.hidden(tokens, context=shared)
    ends = hidden[0, len(context) :].reshape(branches, stem + len(leaves), -1)[:, stem - 1 :]
    return decoder.unembed(ends)


def two_digit_log_probs(
    logits: Float[Array, "branches one_and_ten vocab_size"], digits: Int[Array, "10"]
) -> Float[Array, "branches 100"]:
    """log p of each two-digit number: log p(first digit) + log p(second digit | first).

    Args:
        logits: after the question, and after each digit from 0 to 9.
        digits: token ids of the ten digits, from 0 on.

    Returns:
        Log-probability of each number from 00 to 99.
    """
    chances = jax.nn.log_softmax(logits.astype(jnp.float32))[..., digits]
    return (chances[:, 0, :, None] + chances[:, 1:]).reshape(len(logits), 100)
