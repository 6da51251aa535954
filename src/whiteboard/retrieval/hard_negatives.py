"""Fine-tuning a retriever by contrast: which passages to push away, and the loss that does it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


# --8<-- [start:mine]
def mine_negatives(
    scores: Float[Array, "queries passages"],
    positive: Int[Array, " queries"],
    known: Bool[Array, "queries passages"],
    *,
    count: int,
    margin: float = 0.05,
) -> Int[Array, "queries count"]:
    """The best-scored passages that are no answer and score at most (1 - margin) of the positive's.

    What scores as the positive does is as likely an answer nobody labelled as an error of the
    encoder: it is left out.

    Args:
        scores: of the encoder as it is.
        positive: the labelled passage of each query.
        known: other passages known to answer, too.
        count: negatives wanted for each query.
        margin: how far below the positive's score a negative must stay, as a share of its size.

    Returns:
        Passages by falling score, -1 where none is left.

    Source: de Souza P. Moreira et al., arXiv 2407.15831, section 3 (TopK-PercPos).
    """
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)
    labelled = known | (jnp.arange(scores.shape[1])[None] == positive[:, None])
    allowed = ~labelled & (scores <= of_positive - margin * jnp.abs(of_positive))
    best, passages = jax.lax.top_k(jnp.where(allowed, scores, -jnp.inf), count)
    return jnp.where(jnp.isfinite(best), passages, -1)


# --8<-- [end:mine]


# --8<-- [start:info_nce]
def info_nce(
    queries: Float[Array, "queries dim"],
    passages: Float[Array, "passages dim"],
    positive: Int[Array, " queries"],
    excluded: Bool[Array, "queries passages"],
    temperature: float = 0.05,
) -> Float[Array, ""]:
    """The mean of -ln(exp(s_p / temperature) / sum_j exp(s_j / temperature)), s the cosines.

    The sum is over the query's positive p and every passage of the batch that is not excluded:
    the other queries' positives and everybody's mined negatives.

    Args:
        queries: unit vectors.
        passages: unit vectors of the batch's passages.
        positive: number of each query's positive passage.
        excluded: True for passages that also answer the query, and so are no negatives of it.
        temperature: divides the cosines; small values weigh the hardest negatives most.

    Returns:
        One number, in nats.

    Source: van den Oord et al., arXiv 1807.03748, equation 4, with cosines over a temperature.
    """
    own = jnp.arange(len(passages))[None] == positive[:, None]
    scores = queries @ passages.T / temperature
    scores = jnp.where(excluded & ~own, -jnp.inf, scores)
    of_positive = jnp.take_along_axis(scores, positive[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - of_positive)


# --8<-- [end:info_nce]
