"""Two stages: a cheap search finds candidates, a dear scorer reads each of them with the query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.architecture.token_log_probs import token_log_probs
from whiteboard.evaluation.intervals import PairedDifference, paired_difference


class Ranked(NamedTuple):
    """Documents that are kept, best first, by their numbers in the corpus, and their scores."""

    documents: Int[Array, " kept"]
    scores: Float[Array, " kept"]


# --8<-- [start:rerank]
def rerank(
    first: Float[Array, " documents"],
    score: Callable[[Int[Array, " candidates"]], Float[Array, " candidates"]],
    *,
    candidates: int,
    keep: int,
    at_least: float = -jnp.inf,
) -> Ranked:
    """The first stage's best documents in the order of another score.

    What the first stage ranks below `candidates` is not scored and cannot come back. Of equal
    scores the first stage's order stays. The two stages' scores are on different scales and are
    never mixed.

    Args:
        first: first-stage score of every document for one query.
        score: scores the documents with these numbers; called once, with the candidates alone.
        candidates: documents to score; all when there are fewer.
        keep: most documents to return.
        at_least: candidates with a lower score are dropped, all of them if need be: nothing is
            better than weak context.

    Returns:
        Numbers and scores of the documents kept, best first.

    Raises:
        ValueError: unless 1 <= keep <= candidates.
    """
    if not 1 <= keep <= candidates:
        raise ValueError(f"keep: wanted 1 to {candidates} (the candidates), got {keep}")
    _, numbers = jax.lax.top_k(first, min(candidates, len(first)))
    scores = score(numbers)
    order = jnp.argsort(-scores, stable=True)[:keep]
    order = order[scores[order] >= at_least]
    return Ranked(numbers[order], scores[order])


# --8<-- [end:rerank]


# --8<-- [start:pair]
def pair_tokens(
    query: Sequence[int], document: Sequence[int], length: int, *, cls: int = 101, sep: int = 102
) -> Int[np.ndarray, "2 time"]:
    """`[CLS] query [SEP] document [SEP]`, at most `length` tokens: only the document is cut.

    Args:
        query: token ids without special tokens.
        document: token ids without special tokens; the first ones stay.
        length: most tokens of the pair, the three special ones included.
        cls: id of [CLS].
        sep: id of [SEP].

    Returns:
        Ids, and the segment of each: 0 up to the first [SEP], then 1.

    Raises:
        ValueError: when the query leaves no room for a token of the document.
    """
    room = length - len(query) - 3
    if room < 1:
        raise ValueError(
            f"query: wanted at most {length - 4} of {length} tokens, got {len(query)}; "
            "shorten it, or the score is of half a question"
        )
    head, tail = [cls, *query, sep], [*document[:room], sep]
    return np.array([head + tail, [0] * len(head) + [1] * len(tail)], np.int32)


# --8<-- [end:pair]


# --8<-- [start:span]
def span_log_prob(
    logits: Float[Array, "batch time vocab_size"],
    tokens: Int[Array, "batch time"],
    start: Int[Array, " batch"],
    stop: Int[Array, " batch"],
) -> Float[Array, " batch"]:
    """The mean of log p(token t | tokens before t) over start <= t < stop of each row, in nats.

    With a passage before the span and the query as the span this scores the passage by how likely
    it makes the query. The logits at t - 1 are about token t. Padding after `stop` does not count.

    Args:
        logits: of the language model for `tokens`; those at t - 1 predict token t.
        tokens: passage, query and padding.
        start: place of the query's first token; 1 or more.
        stop: place after the query's last token.

    Returns:
        One mean log-probability a row, in nats.

    Source: Sachan et al., arXiv 2204.07496 (UPR).
    """
    each = token_log_probs(logits[:, :-1], tokens[:, 1:])
    place = jnp.arange(1, tokens.shape[1])[None]
    counted = (place >= start[:, None]) & (place < stop[:, None])
    return each.sum(axis=1, where=counted) / (stop - start)


# --8<-- [end:span]


# --8<-- [start:gain]
def untrained_gain(
    ahead: Float[Array, " queries"],
    behind: Float[Array, " queries"],
    trained: Int[Array, " pairs"],
) -> PairedDifference:
    """What a reranker gains, over the queries of which it has seen no pair in training.

    Args:
        ahead: a measure of each query with the reranker.
        behind: the same measure without the reranker.
        trained: number of the query of each training pair; a query may occur often.

    Returns:
        The mean gain and the ends of its 95% interval.
    """
    unseen = jnp.ones(len(ahead), bool).at[trained].set(False)
    return paired_difference(ahead[unseen], behind[unseen])


# --8<-- [end:gain]
