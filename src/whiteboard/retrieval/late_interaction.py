"""Late interaction: a vector for every token, and each query token finds its best match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.architecture.padded_rows import padded_batches
from whiteboard.encoder import SentenceEncoder, TextEncoder, normalize
from whiteboard.encoder.sentence import clean


# --8<-- [start:vectors]
class TokenVectors(NamedTuple):
    """A unit vector for each token of each text, and which of them are no padding.

    Attributes:
        vectors: zero at padding.
        mask: True at tokens; [CLS] and [SEP] are tokens too, as in ColBERT.
    """

    vectors: Float[Array, "texts time width"]
    mask: Bool[Array, "texts time"]


# --8<-- [end:vectors]


def token_vectors(encoder: SentenceEncoder, texts: Sequence[str]) -> TokenVectors:
    """The encoder's last states of each token, at length 1: made once for a document.

    They need width numbers for every token: 100 times the room of one vector for a text of 100
    tokens. A text is cut at `encoder.config.max_length` tokens. Unlike ColBERT's, this encoder was
    trained for the mean of its states alone, so nothing has taught them to be matched one by one.

    Args:
        encoder: computes the states.
        texts: queries or documents.

    Returns:
        Unit vectors of each text's tokens, and which of them are tokens.

    Raises:
        TypeError: when `texts` is one string, or holds something else than strings.
    """
    rows = [encoding.ids for encoding in encoder.tokenizer.encode_batch_fast(clean(texts))]
    time = max(map(len, rows), default=1)
    vectors = np.zeros((len(rows), time, encoder.config.hidden_size), np.float32)
    # All batches are handed over before the first result is waited for.
    batches = [
        (numbers, _states(encoder.module, ids, lengths))
        for numbers, ids, lengths in padded_batches(rows)
    ]
    for numbers, states in batches:
        width = min(time, states.shape[1])
        vectors[numbers, :width] = states[: len(numbers), :width]
    lengths = np.array([len(row) for row in rows], np.int32)
    return TokenVectors(jnp.asarray(vectors), jnp.arange(time)[None] < lengths[:, None])


# --8<-- [start:maxsim]
@jax.jit
def maxsim(query: TokenVectors, documents: TokenVectors) -> Float[Array, "queries texts"]:
    """s(q, d) = the sum over the query's tokens i of max over the document's tokens j of q_i . d_j.

    With unit vectors each term is a cosine, so the score lies within plus and minus the number of
    the query's tokens. It ranks the documents of one query; of a query of other length it says
    nothing, unless divided by that number, which changes no order.

    Args:
        query: of any number of queries.
        documents: of the texts to score; one without a token has no match: -inf.

    Returns:
        The score of every text for each query.

    Source: Khattab and Zaharia, ColBERT, arXiv 2004.12832, equation 3. ColBERT also pads its
    queries with [MASK] tokens that count, and leaves out punctuation of documents; here neither is
    done.
    """

    def one(vectors: Float[Array, "time width"], mask: Bool[Array, " time"]) -> Array:
        cosines = jnp.einsum("SW,DTW->SDT", vectors, documents.vectors)
        best = jnp.max(jnp.where(documents.mask[None], cosines, -jnp.inf), axis=-1)
        return jnp.sum(jnp.where(mask[:, None], best, 0.0), axis=0)

    # One query at a time: the cosines of all of them at once would fill the memory.
    return jax.lax.map(lambda each: one(*each), tuple(query))


# --8<-- [end:maxsim]


@jax.jit
def _states(
    module: TextEncoder, ids: Int[Array, "batch time"], lengths: Int[Array, " batch"]
) -> Float[Array, "batch time width"]:
    mask = jnp.arange(ids.shape[1])[None] < lengths[:, None]
    return jnp.where(mask[..., None], normalize(module(ids, mask)), 0.0)
