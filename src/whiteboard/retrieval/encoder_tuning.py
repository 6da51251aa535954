"""MiniLM fine-tuned on a corpus's own queries: pairs, mined negatives, batches and the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, Int
from tokenizers import Tokenizer

from whiteboard.encoder import SentenceEncoder
from whiteboard.encoder.model import TextEncoder, embed
from whiteboard.retrieval.hard_negatives import info_nce, mine_negatives


@dataclass(frozen=True)
class Pairs:
    """Queries and the one passage each is known to be answered by.

    Attributes:
        query: the number of the query.
        positive: the passage its labeller saw: the first that holds the answer.
        answers: all passages that hold it. A labeller would not know them; they tell how many mined
            negatives are false.
    """

    query: Int[np.ndarray, " pairs"]
    positive: Int[np.ndarray, " pairs"]
    answers: Bool[np.ndarray, "pairs passages"]


class Batch(NamedTuple):
    """Token ids of queries, and of their positives followed by the mined negatives."""

    query_ids: Int[np.ndarray, "queries query_time"]
    query_lengths: Int[np.ndarray, " queries"]
    passage_ids: Int[np.ndarray, "passages time"]
    passage_lengths: Int[np.ndarray, " passages"]
    excluded: Bool[np.ndarray, "queries passages"]


def pairs_of(answers: Bool[Array, "queries spans passages"]) -> Pairs:
    """A pair for each span of each query; a query's only span counts once."""
    found = np.asarray(answers)
    rows = [
        (query, span)
        for query in range(found.shape[0])
        for span in range(found.shape[1])
        if not any((found[query, span] == found[query, s]).all() for s in range(span))
    ]
    query, span = np.array(rows).T
    # A passage that answers the other half of a two-hop question is no negative of this half.
    return Pairs(query, found[query, span].argmax(1), found.max(1)[query])


# --8<-- [start:mine]
def mine(
    pairs: Pairs, scores: Float[Array, "queries passages"], *, count: int, margin: float | None
) -> Int[np.ndarray, "pairs count"]:
    """Hard negatives of each pair by the encoder's scores; -1 where there is none.

    Args:
        pairs: of development queries alone.
        scores: cosines of the encoder as it is.
        count: negatives to mine for each pair.
        margin: as in `mine_negatives`; None mines whatever scores best.

    Returns:
        Numbers of passages, hardest first.
    """
    nothing_known = jnp.zeros(pairs.answers.shape, bool)
    kept = -jnp.inf if margin is None else margin
    mined = mine_negatives(
        scores[pairs.query], jnp.asarray(pairs.positive), nothing_known, count=count, margin=kept
    )
    return np.asarray(mined)


# --8<-- [end:mine]


def false_negatives(pairs: Pairs, mined: Int[np.ndarray, "pairs count"]) -> tuple[int, int]:
    """How many of the mined negatives hold an answer, and how many were mined.

    Args:
        pairs: with all passages that hold an answer.
        mined: negatives of each pair; -1 where there is none.

    Returns:
        False negatives, and all negatives.
    """
    wrong = np.take_along_axis(pairs.answers, np.maximum(mined, 0), axis=1) & (mined >= 0)
    return int(wrong.sum()), int((mined >= 0).sum())


def batches(
    encoder: SentenceEncoder,
    queries: Sequence[str],
    passages: Sequence[str],
    pairs: Pairs,
    mined: Int[np.ndarray, "pairs count"],
    *,
    size: int,
    steps: int,
    times: tuple[int, int] = (32, 192),
    seed: int = 0,
) -> Iterator[Batch]:
    """`steps` batches of `size` pairs, each epoch in an order of its own.

    Another query's positive is a negative, unless it is the pair's own positive. Texts are cut at
    `times` tokens, of queries and of passages: one shape, compiled once.

    Args:
        encoder: has the tokenizer.
        queries: texts that `pairs` numbers.
        passages: texts that `pairs` and `mined` number.
        pairs: a query and its positive each.
        mined: hard negatives of each pair; -1 where there is none.
        size: pairs of a batch.
        steps: number of batches.
        times: tokens of a query, and of a passage.
        seed: of the order.

    Yields:
        One batch a step.
    """
    draw, count = np.random.default_rng(seed), len(pairs.query)
    epochs = -(-steps * size // count)
    order = np.concatenate([draw.permutation(count) for _ in range(epochs)])
    for rows in order[: steps * size].reshape(steps, size):
        numbers = np.concatenate([pairs.positive[rows], mined[rows].ravel()])
        same = numbers[None] == pairs.positive[rows][:, None]
        yield Batch(
            *_tokens(encoder.tokenizer, [queries[q] for q in pairs.query[rows]], times[0]),
            *_tokens(encoder.tokenizer, [passages[n] for n in numbers], times[1]),
            same | (numbers < 0)[None],
        )


def _tokens(tokenizer: Tokenizer, texts: Sequence[str], time: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids cut at `time` tokens, with [SEP] kept at the end, and how many there are."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    cut = [row if len(row) <= time else row[: time - 1] + row[-1:] for row in rows]
    ids = np.array([row + [0] * (time - len(row)) for row in cut], np.int32)
    return ids, np.array([len(row) for row in cut], np.int32)


# --8<-- [start:loss]
def contrastive_loss(module: TextEncoder, batch: Batch) -> Float[Array, ""]:
    """InfoNCE of a batch: the first passages are the queries' positives, in order.

    Args:
        module: the encoder.
        batch: queries, passages, and which passages are no negatives.

    Returns:
        One number, in nats.
    """
    queries = embed(module, jnp.asarray(batch.query_ids), jnp.asarray(batch.query_lengths))
    passages = embed(module, jnp.asarray(batch.passage_ids), jnp.asarray(batch.passage_lengths))
    return info_nce(queries, passages, jnp.arange(len(queries)), jnp.asarray(batch.excluded))


def upper_layers(first: int) -> nnx.filterlib.Filter:
    """The weights of the layers from `first` on: what `fit` trains; the lower ones are frozen."""

    def trained(path: tuple[Any, ...], value: Any) -> bool:
        return isinstance(value, nnx.Param) and path[0] == "layers" and int(path[1]) >= first

    return trained


# --8<-- [end:loss]
