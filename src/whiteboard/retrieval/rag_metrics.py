"""Measures of a generated answer as their papers define them; the judge is a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Float

from whiteboard.retrieval.dense import cosine_scores


@runtime_checkable
class Judge(Protocol):
    """Whoever decides: a person's labels, a model, a rule."""

    def __call__(self, pairs: Sequence[tuple[str, str]], /) -> Sequence[bool]:
        """Says of each pair of a text and a statement whether the statement follows from it."""


@dataclass(frozen=True)
class Cited:
    """A statement of an answer, and the numbers of the passages it cites, from 0."""

    text: str
    citations: tuple[int, ...] = ()


# --8<-- [start:faithfulness]
def faithfulness(statements: Sequence[str], context: str, judge: Judge) -> float:
    """|statements that can be inferred from the context| / |statements|.

    It does not ask whether the context is true, or whether the question was answered.

    Args:
        statements: the answer, cut into simple statements; the paper has a model do it.
        context: the retrieved text.
        judge: says for each pair whether the second text follows from the first.

    Returns:
        A share, 0 to 1.

    Raises:
        ValueError: for an answer without statements: it is neither faithful nor not.

    Source: Es et al., RAGAS, arXiv 2309.15217, section 3.
    """
    if not statements:
        raise ValueError("statements: wanted one or more, got none; count abstentions apart")
    verdicts = judge([(context, statement) for statement in statements])
    return sum(map(bool, verdicts)) / len(statements)


# --8<-- [end:faithfulness]


# --8<-- [start:relevance]
def answer_relevance(
    question: Float[Array, " dim"],
    questions_from_answer: Float[Array, "questions dim"],
    *,
    noncommittal: bool = False,
) -> Float[Array, ""]:
    """Mean cosine of the question and the questions that a model writes from the answer alone.

    Args:
        question: vector of the question.
        questions_from_answer: vectors of the generated questions; RAGAS asks for three.
        noncommittal: the answer only says that it does not know; the library, not the paper, then
            gives 0.

    Returns:
        A cosine, -1 to 1.

    Source: Es et al., RAGAS, arXiv 2309.15217, section 3.
    """
    mean = jnp.mean(cosine_scores(question[None], questions_from_answer))
    return jnp.where(noncommittal, 0.0, mean)


# --8<-- [end:relevance]


# --8<-- [start:citations]
def citation_recall(answer: Sequence[Cited], passages: Sequence[str], judge: Judge) -> float:
    """The share of statements that follow from all the passages they cite, read together.

    Args:
        answer: statements with the numbers of the passages they cite.
        passages: retrieved texts, by number from 0.
        judge: says for each pair whether the second text follows from the first.

    Returns:
        A share of the statements, 0 to 1.

    Raises:
        ValueError: for an answer without statements.

    Source: Gao et al., ALCE, arXiv 2305.14627, section 3.
    """
    if not answer:
        raise ValueError("answer: wanted one or more statements, got none")
    verdicts = _supported([(each.text, each.citations) for each in answer], passages, judge)
    return sum(verdicts) / len(answer)


def citation_precision(answer: Sequence[Cited], passages: Sequence[str], judge: Judge) -> float:
    """The share of citations that are needed: 0 for an answer that cites nothing.

    A citation counts when its statement follows from all its citations together, and it is not
    irrelevant. It is irrelevant when it does not support the statement alone and the others do
    without it.

    Source: Gao et al., ALCE, arXiv 2305.14627, section 3. Unlike the authors' program, a number
    that is no passage counts as a citation here, and its statement as unsupported.

    Args:
        answer: statements with the numbers of the passages they cite.
        passages: retrieved texts, by number from 0.
        judge: says for each pair whether the second text follows from the first.

    Returns:
        A share of the citations, 0 to 1.
    """
    cases = [(each, cited) for each in answer for cited in dict.fromkeys(each.citations)]
    if not cases:
        return 0.0
    texts = [each.text for each, _ in cases]
    sets = (
        [each.citations for each, _ in cases],
        [(cited,) for _, cited in cases],
        [tuple(c for c in each.citations if c != cited) for each, cited in cases],
    )
    asked = [pair for cited in sets for pair in zip(texts, cited, strict=True)]
    verdicts = _supported(asked, passages, judge)
    together, alone, others = (verdicts[i * len(cases) : (i + 1) * len(cases)] for i in range(3))
    counts = [t and (a or not o) for t, a, o in zip(together, alone, others, strict=True)]
    return sum(counts) / len(cases)


# --8<-- [end:citations]


def _supported(
    asked: Sequence[tuple[str, tuple[int, ...]]], passages: Sequence[str], judge: Judge
) -> list[bool]:
    """Whether each statement follows from its passages together; without passages it does not."""
    known = [bool(c) and all(0 <= n < len(passages) for n in c) for _, c in asked]
    pairs = [
        ("\n".join(passages[n] for n in dict.fromkeys(cited)), text)
        for (text, cited), usable in zip(asked, known, strict=True)
        if usable
    ]
    verdicts = iter(judge(pairs))
    return [usable and bool(next(verdicts)) for usable in known]
