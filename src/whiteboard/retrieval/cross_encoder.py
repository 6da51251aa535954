"""A cross-encoder: query and document in one text, read together, one score for the pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, Int
from tokenizers import Tokenizer

from whiteboard.architecture.padded_rows import padded_batches
from whiteboard.encoder import SentenceEncoder, TextEncoder
from whiteboard.encoder.sentence import clean
from whiteboard.retrieval.rerankers import pair_tokens

LENGTH = 256
"""Tokens of a pair: what the encoder was trained to read."""


# --8<-- [start:model]
class CrossEncoder(nnx.Module):
    """s(q, d) = w . h + b, where h is the last state of [CLS] in `[CLS] q [SEP] d [SEP]`.

    Every token of the query attends to every token of the document in all layers, so nothing of a
    document can be computed before the query is known. Where BERT has a dense layer with tanh
    between h and w, there is none here.

    Args:
        encoder: its weights are copied; a bi-encoder's have never seen two texts in one.
        rngs: of the head's first weights.

    Source: Nogueira and Cho, arXiv 1901.04085 (monoBERT).
    """

    def __init__(self, encoder: TextEncoder, *, rngs: nnx.Rngs) -> None:
        self.encoder = nnx.clone(encoder)
        small = nnx.initializers.normal(0.02)
        self.head = nnx.Linear(encoder.tokens.features, 1, kernel_init=small, rngs=rngs)

    def __call__(
        self,
        ids: Int[Array, "pairs time"],
        lengths: Int[Array, " pairs"],
        documents: Int[Array, " pairs"],
    ) -> Float[Array, " pairs"]:
        """The score of each pair, whatever it is padded with.

        Args:
            ids: token ids from `pair_tokens`, padded on the right.
            lengths: tokens of each pair; padding is not attended to.
            documents: place of each pair's first document token, where segment 1 begins.

        Returns:
            One score a pair, on a scale of its own.
        """
        place = jnp.arange(ids.shape[1])[None]
        segments = (place >= documents[:, None]).astype(jnp.int32)
        states = self.encoder(ids, place < lengths[:, None], segments)
        return self.head(states[:, 0])[:, 0]


# --8<-- [end:model]


class Groups(NamedTuple):
    """Pairs by query: of each group the first document answers, the others do not.

    Attributes:
        ids: token ids, padded.
        lengths: tokens of each pair.
        documents: where the document of each begins.
        absent: True where a group has no such document.
    """

    ids: Int[np.ndarray, "pairs time"]
    lengths: Int[np.ndarray, " pairs"]
    documents: Int[np.ndarray, " pairs"]
    absent: Bool[np.ndarray, "groups documents"]


# --8<-- [start:loss]
def listwise_loss(model: CrossEncoder, groups: Groups) -> Float[Array, ""]:
    """The mean over groups of -ln softmax(scores) at the document that answers.

    A query's documents compete with each other alone, as they will when they are ranked.

    Source: Gao, Dai and Callan, arXiv 2101.08751 (localised contrastive estimation).

    Args:
        model: the cross-encoder.
        groups: pairs of several queries; the first document of a group is the one that answers.

    Returns:
        One number, in nats.
    """
    scores = model(*map(jnp.asarray, groups[:3])).reshape(groups.absent.shape)
    scores = jnp.where(jnp.asarray(groups.absent), -jnp.inf, scores)
    return jnp.mean(jax.nn.logsumexp(scores, axis=1) - scores[:, 0])


# --8<-- [end:loss]


# --8<-- [start:scores]
def cross_scores(
    model: CrossEncoder,
    encoder: SentenceEncoder,
    pairs: Sequence[tuple[str, str]],
    *,
    length: int = LENGTH,
) -> Float[Array, " pairs"]:
    """The score of each (query, document), in batches of pairs of like length.

    Args:
        model: scores the pairs.
        encoder: has the tokenizer that the model's weights were made for.
        pairs: a query and a document each.
        length: most tokens of a pair; the document is cut to fit.

    Returns:
        One score a pair, in the order of the pairs.
    """
    rows = pair_rows(encoder.tokenizer, pairs, length)
    scores = np.empty(len(rows), np.float32)
    waiting = []
    for numbers, ids, lengths in padded_batches([row[0].tolist() for row in rows]):
        documents = np.zeros(len(ids), np.int32)
        documents[: len(numbers)] = [np.argmax(rows[number][1]) for number in numbers]
        waiting.append((numbers, _scored(model, ids, lengths, documents)))
    for numbers, batch in waiting:
        scores[numbers] = batch[: len(numbers)]
    return jnp.asarray(scores)


# --8<-- [end:scores]


def pair_rows(
    tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]], length: int
) -> list[Int[np.ndarray, "2 _"]]:
    """The tokens and segments of each pair. A text that occurs often is tokenized once.

    Args:
        tokenizer: of the cross-encoder.
        pairs: a query and a document each.
        length: most tokens of a pair; the document is cut to fit.

    Returns:
        Token ids and segments of each pair, as `pair_tokens` gives them.
    """
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    encoded = tokenizer.encode_batch_fast(clean(texts), add_special_tokens=False)
    ids = dict(zip(texts, (encoding.ids for encoding in encoded), strict=True))
    return [pair_tokens(ids[query], ids[document], length) for query, document in pairs]


_scored = jax.jit(lambda model, *arrays: model(*arrays))
