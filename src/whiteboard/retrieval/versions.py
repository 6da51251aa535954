"""Vectors of two encoders: never compared, or brought to one space first."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from whiteboard.retrieval.dense import cosine_scores


# --8<-- [start:versions]
def same_version_scores(
    query: Float[Array, "queries dim"],
    query_version: Int[Array, " queries"],
    stored: Float[Array, "documents dim"],
    stored_version: Int[Array, " documents"],
) -> Float[Array, "queries documents"]:
    """Cosines of queries and documents that one encoder made; -inf where their versions differ.

    Two encoders place the same text in unrelated directions: their cosine is a number, and means
    nothing. So each vector is stored with its encoder's version.

    Args:
        query: vectors of the queries.
        query_version: version of the encoder that made each query vector.
        stored: vectors of the index.
        stored_version: version of the encoder that made each stored vector.

    Returns:
        One cosine for each query and document.
    """
    same = query_version[:, None] == stored_version[None]
    return jnp.where(same, cosine_scores(query, stored), -jnp.inf)


# --8<-- [end:versions]


# --8<-- [start:procrustes]
def orthogonal_map(
    new: Float[Array, "texts dim"], old: Float[Array, "texts dim"]
) -> Float[Array, "dim dim"]:
    """The rotation R with the least |new R - old|^2, from texts that both encoders have embedded.

    `new_query @ R` can then be searched in the old index, with what a rotation cannot mend lost.

    Source: Schonemann, Psychometrika 31, 1966: R = U V^T of the SVD of new^T old.

    Args:
        new: vectors by the new encoder.
        old: vectors of the same texts by the old encoder.

    Returns:
        R, to be multiplied from the right.
    """
    left, _, right = jnp.linalg.svd(new.T @ old)
    return left @ right


# --8<-- [end:procrustes]
