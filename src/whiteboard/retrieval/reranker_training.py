"""What a cross-encoder learns from: queries' answers and mined negatives, and sentences' homes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from whiteboard.data import Query, python_queries, python_topics
from whiteboard.encoder import SentenceEncoder, encode_corpus
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.encoder_tuning import Pairs, pairs_of
from whiteboard.retrieval.hard_negatives import mine_negatives
from whiteboard.retrieval.hybrid import HybridIndex
from whiteboard.retrieval.labels import answers
from whiteboard.retrieval.passages import Chunk
from whiteboard.retrieval.sentences import sentence_places

LONGEST = 160
"""Characters of a sentence that stands for a query."""


class Example(NamedTuple):
    """A query, a passage that answers it, and passages that do not.

    Attributes:
        query: as asked.
        positive: answers it.
        hard: negatives that the retriever finds, the hardest first.
        easy: negatives from anywhere in the corpus.
    """

    query: str
    positive: str
    hard: tuple[str, ...]
    easy: tuple[str, ...] = ()


# --8<-- [start:labelled]
def labelled_examples(
    queries: Sequence[Query],
    pairs: Pairs,
    scores: Float[Array, "queries chunks"],
    chunks: Sequence[Chunk],
    *,
    count: int,
    margin: float = 0.05,
    seed: int = 0,
) -> list[Example]:
    """An example for each labelled answer; hard negatives are mined from what the retriever finds.

    Args:
        queries: of the development half alone.
        pairs: answers of the queries among the chunks.
        scores: of the retriever before training.
        chunks: passages of the corpus.
        count: negatives of each sort.
        margin: as in `mine_negatives`.
        seed: of the easy negatives.

    Returns:
        One example a labelled answer.

    Raises:
        ValueError: for a query that is kept for the report.
    """
    if kept := [query.text for query in queries if query.split != "development"]:
        raise ValueError(f"{kept[0]!r} is held out: train on the development half alone")
    mined = mine_negatives(
        scores[pairs.query],
        jnp.asarray(pairs.positive),
        jnp.asarray(pairs.answers),
        count=count,
        margin=margin,
    )
    easy = _elsewhere(np.asarray(pairs.answers), count, seed)
    return [
        Example(queries[q].text, chunks[p].text, _texts(chunks, hard), _texts(chunks, others))
        for q, p, hard, others in zip(
            pairs.query, pairs.positive, np.asarray(mined), easy, strict=True
        )
    ]


# --8<-- [end:labelled]


# --8<-- [start:cloze]
def cloze_examples(
    chunks: Sequence[Chunk],
    encoder: SentenceEncoder,
    *,
    count: int,
    stays: float = 0.1,
    seed: int = 0,
) -> list[Example]:
    """A sentence of each passage as the query, and the passage, mostly without it, as the answer.

    It needs no label and no query: the corpus asks itself. The hard negatives are what the
    retriever finds for the sentence, without the passages that hold it.

    Args:
        chunks: passages of the corpus; one without a sentence of five words or more gives no
            example.
        encoder: the retriever whose errors are the hard negatives.
        count: negatives of each sort.
        stays: share of examples whose sentence stays in its passage. If it never did, a passage
            that holds the query's words would always be a wrong one.
        seed: of the sentences chosen, and of the easy negatives.

    Returns:
        One example a passage.

    Source: Lee, Chang and Toutanova, arXiv 1906.00300 (inverse cloze task; one in ten stays).
    """
    draw, asked = np.random.default_rng(seed), {}
    for number, chunk in enumerate(chunks):
        if said := [s for s in _sentences(chunk.text) if len(s.split()) >= 5 and len(s) <= LONGEST]:
            asked[number] = said[draw.integers(len(said))]
    texts, home = list(asked.values()), np.array(list(asked))
    vectors = encode_corpus(encoder, [chunk.text for chunk in chunks])
    known = np.array([[text in chunk.text for chunk in chunks] for text in texts])
    mined = mine_negatives(
        cosine_scores(encode_corpus(encoder, texts), vectors),
        jnp.asarray(home),
        jnp.asarray(known),
        count=count,
    )
    easy, left_in = _elsewhere(known, count, seed), draw.random(len(texts)) < stays
    return [
        Example(
            text,
            chunks[n].text if stay else chunks[n].text.replace(text, " "),
            _texts(chunks, hard),
            _texts(chunks, others),
        )
        for text, n, stay, hard, others in zip(
            texts, home, left_in, np.asarray(mined), easy, strict=True
        )
    ]


# --8<-- [end:cloze]


# --8<-- [start:all]
def training_examples(
    index: HybridIndex,
    *,
    cloze: int,
    epochs: int,
    mined: int = 12,
    stays: float = 0.1,
    seed: int = 0,
) -> list[Example]:
    """All that the cross-encoder sees, in order: sentences' passages first, then labelled queries.

    Args:
        index: the corpus, and the retriever whose errors are the negatives.
        cloze: examples made of the corpus itself, each at most once.
        epochs: passes over the answers of the development half.
        mined: negatives of each sort found for each, of which a step draws some.
        stays: as in `cloze_examples`.
        seed: of the order of the examples.

    Returns:
        The examples in the order of training.
    """
    draw, queries = np.random.default_rng(seed), python_queries(split="development")
    scores = cosine_scores(index.encoder.encode([query.text for query in queries]), index.vectors)
    pairs = pairs_of(answers(queries, index.chunks, python_topics()))
    labelled = labelled_examples(queries, pairs, scores, index.chunks, count=mined)
    asked = cloze_examples(index.chunks, index.encoder, count=mined, stays=stays)
    order = [asked[n] for n in draw.permutation(len(asked))[:cloze]]
    for _ in range(epochs):
        order += [labelled[n] for n in draw.permutation(len(labelled))]
    return order


# --8<-- [end:all]


def _elsewhere(
    answers: Bool[np.ndarray, "examples chunks"], count: int, seed: int
) -> list[Int[np.ndarray, " count"]]:
    """For each example the numbers of `count` chunks, drawn from those that do not answer it."""
    draw = np.random.default_rng(seed)
    return [draw.choice(np.flatnonzero(~row), count, replace=False) for row in answers]


def _texts(chunks: Sequence[Chunk], numbers: Int[np.ndarray, " count"]) -> tuple[str, ...]:
    """The chunks of these numbers; a negative number is none."""
    return tuple(chunks[n].text for n in numbers if n >= 0)


def _sentences(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentence_places(text)]
