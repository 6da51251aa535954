"""Hypothetical documents: a language model writes what an answer may look like, and that is sought.

Source: Gao et al., Precise Zero-Shot Dense Retrieval without Relevance Labels, arXiv 2212.10496.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from whiteboard.lm import LanguageModel
from whiteboard.lm.model import Conversation
from whiteboard.retrieval.dense import nearest

ROWS = 32
"""Documents that are written at once: on a processor more of them are no quicker a token."""


@dataclass(frozen=True)
class Prompt:
    """What the model is told. `{query}` stands for the query.

    Attributes:
        words: the instruction, or the beginning of a text.
        chat: whether it is a user's message; else the model continues the words.
    """

    words: str
    chat: bool = True


# --8<-- [start:prompts]
PROMPTS = {
    "paper": Prompt("Please write a passage to answer the question.\nQuestion: {query}\nPassage:"),
    "manual": Prompt(
        "Write a short passage of the Python documentation, in plain English and without code, "
        "that answers the question.\nQuestion: {query}\nPassage:"
    ),
    "completion": Prompt(
        "Frequently asked questions about Python.\n\nQuestion: {query}\n\nAnswer: In Python,",
        chat=False,
    ),
}
# --8<-- [end:prompts]


# --8<-- [start:write]
def hypothetical_documents(
    model: LanguageModel,
    queries: Sequence[str],
    *,
    prompt: Prompt = PROMPTS["paper"],
    number: int = 8,
    max_new_tokens: int = 512,
    temperature: float = 0.7,
    seed: int = 0,
) -> list[list[str]]:
    """Documents that may answer each query, written without having seen the corpus.

    The defaults are those of the paper's code. The first queries of a longer list get the documents
    that they get alone. A document that the model left empty is replaced by the query, which then
    counts once more in the average.

    Args:
        model: writes the documents.
        queries: texts to be answered.
        prompt: instruction to the model.
        number: documents a query, drawn independently.
        max_new_tokens: most tokens of a document.
        temperature: 0 makes all documents of a query the same.
        seed: of the draws.

    Returns:
        The documents of each query.

    Raises:
        ValueError: for a query of nothing but white space, or fewer than one document.
    """
    _check(queries, number)
    written = []
    for start, some in _batches(queries, max(1, ROWS // number)):
        asked = [prompt.words.format(query=query) for query in some for _ in range(number)]
        texts = _answers(model, asked, prompt.chat, max_new_tokens, temperature, seed + start)
        rows = [texts[at : at + number] for at in range(0, len(texts), number)]
        written += [[t.strip() or q for t in row] for q, row in zip(some, rows, strict=True)]
    return written


# --8<-- [end:write]


# --8<-- [start:vector]
def hyde_vector(
    query: Float[Array, "*queries dim"], documents: Float[Array, "*queries number dim"]
) -> Float[Array, "*queries dim"]:
    """v = (f(q) + sum_k f(d_k)) / (N + 1), equation 8, in directions: what is searched with.

    The paper averages its encoder's vectors as they are, and ranks by inner product. Here each is
    divided by its length first, so that no text counts for more than another, and so is the mean,
    so that its scores are cosines again.

    Args:
        query: f(q), the query's vector.
        documents: f(d_1) to f(d_N), of the texts that the model wrote.

    Returns:
        Unit vectors to search with.
    """
    all_of_them = jnp.concatenate([query[..., None, :], documents], axis=-2)
    return unit(unit(all_of_them).mean(axis=-2))


# --8<-- [end:vector]


def unit(vectors: Float[Array, "*texts dim"]) -> Float[Array, "*texts dim"]:
    """The vectors at length 1; a zero vector stays."""
    lengths = jnp.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / jnp.maximum(lengths, 1e-12)


# --8<-- [start:feedback]
def feedback_vector(
    query: Float[Array, "queries dim"], passages: Float[Array, "passages dim"], number: int
) -> Float[Array, "queries dim"]:
    """The same average, with the passages that the query itself finds first: no model is called.

    Source: Rocchio 1971, with the first results taken for relevant (pseudo-relevance feedback).

    Args:
        query: vectors of the queries.
        passages: vectors of the corpus.
        number: passages to average in.

    Returns:
        Unit vectors to search with.
    """
    _, first = nearest(query, unit(passages).T, number)
    return hyde_vector(query, passages[first])


# --8<-- [end:feedback]


def _answers(
    model: LanguageModel, asked: list[str], chat: bool, length: int, temperature: float, seed: int
) -> list[str]:
    if not chat:
        return model.generate(asked, max_new_tokens=length, temperature=temperature, seed=seed)
    messages: list[Conversation] = [[{"role": "user", "content": words}] for words in asked]
    return model.chat(messages, max_new_tokens=length, temperature=temperature, seed=seed)


def _batches(queries: Sequence[str], size: int) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(queries), size):
        yield start, queries[start : start + size]


def _check(queries: Sequence[str], number: int) -> None:
    if number < 1:
        raise ValueError(f"number of documents: wanted 1 or more, got {number}")
    for place, query in enumerate(queries):
        if not query.strip():
            raise ValueError(f"query {place} is blank: there is nothing to write about")
