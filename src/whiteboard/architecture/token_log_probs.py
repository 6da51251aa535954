"""Log-probabilities of given tokens: what every loss and every score of a text is a sum of."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


# --8<-- [start:log_probs]
def token_log_probs(
    logits: Float[Array, "*rows vocab_size"], tokens: Int[Array, "*rows"]
) -> Float[Array, "*rows"]:
    """log p(token) = logits[token] - log sum over v of exp(logits[v]), in nats.

    Args:
        logits: each row's are about the token of the same row: the caller moves one of the two,
            since a decoder's logits at position t - 1 are about token t.
        tokens: ids, from 0 to vocab_size - 1.

    Returns:
        Of each token one number, 0 or less, in float32 or what is wider.
    """
    logits = logits.astype(jnp.promote_types(logits.dtype, jnp.float32))
    of_token = jnp.take_along_axis(logits, tokens[..., None], axis=-1)[..., 0]
    return of_token - jax.nn.logsumexp(logits, axis=-1)


# --8<-- [end:log_probs]
