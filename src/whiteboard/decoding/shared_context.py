"""One reading of a long context for many questions: branches that do not see each other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.rope_scaling import scaled_rotary_tables
from whiteboard.lm.decoder import Context, Decoder


# --8<-- [start:mask]
def branch_layout(
    context: int, branches: int, stem: int, leaves: int
) -> tuple[Int[np.ndarray, "time"], Bool[np.ndarray, "time time"]]:
    """Position of each token, and whom it sees, for questions that share a context.

    One row holds the context, then each branch: a stem (the question) and its leaves (tokens any
    of which might come next). A branch sees the context and itself. A leaf sees its stem and no
    other leaf; all leaves stand at the position after the stem.
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
      context: the tokens that all branches share.
      stems: the questions, all of one length.
      leaves: the same ones for every branch.
    """
    branches, stem = stems.shape
    place, mask = branch_layout(len(context), branches, stem, len(leaves))
    tails = jnp.concatenate([stems, jnp.tile(leaves, (branches, 1))], axis=1)
    x = decoder.embed(jnp.concatenate([context, tails.ravel()])[None])
    shape = decoder.config
    rotary = scaled_rotary_tables(
        jnp.asarray(place)[None], shape.head_dim, shape.rope_theta, shape.rope_scaling
    )
    shared = Context(jnp.zeros(1, jnp.int32), rotary, jnp.asarray(mask)[None], True)
    for layer in decoder.layers:
        x, _ = layer(x, shared, None)
    ends = x[0, len(context) :].reshape(branches, stem + len(leaves), -1)[:, stem - 1 :]
    return decoder.unembed(decoder.norm(ends))


def two_digit_log_probs(
    logits: Float[Array, "branches one_and_ten vocab_size"], digits: Int[Array, "10"]
) -> Float[Array, "branches 100"]:
    """log p of each two-digit number: log p(first digit) + log p(second digit | first).

    Args:
      logits: after the question, and after each digit from 0 to 9.
      digits: their token ids.
    """
    chances = jax.nn.log_softmax(logits.astype(jnp.float32))[..., digits]
    return (chances[:, 0, :, None] + chances[:, 1:]).reshape(len(logits), 100)
