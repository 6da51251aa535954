"""The measures of an answer: ALCE's own program on random answers, and the papers by hand."""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.rag_metrics import (
    Cited,
    answer_relevance,
    citation_precision,
    citation_recall,
    faithfulness,
)

STORED = json.loads((Path(__file__).parents[1] / "references/alce_citations.json").read_text())


def by_letters(pairs):
    """A text says its letters, and entails a statement whose letters it has."""
    return [set(statement) <= set(text) for text, statement in pairs]


def test_citations_as_alces_program_counts_them():
    assert len(STORED["cases"]) == 40
    for case in STORED["cases"]:
        answer = [Cited(text, tuple(cited)) for text, cited in case["answer"]]
        recall = citation_recall(answer, case["passages"], by_letters)
        assert recall == pytest.approx(case["recall"], abs=1e-6)
        precision = citation_precision(answer, case["passages"], by_letters)
        assert precision == pytest.approx(case["precision"], abs=1e-6)
    assert any(case["precision"] != case["recall"] for case in STORED["cases"])


def test_two_halves_are_both_needed_and_a_third_is_not():
    """ "ab" needs a and b: both count; c does not support it, and is not missed."""
    passages = ["a", "b", "c"]
    assert citation_precision([Cited("ab", (0, 1))], passages, by_letters) == 1
    assert citation_precision([Cited("ab", (0, 1, 2))], passages, by_letters) == 2 / 3
    assert citation_recall([Cited("ab", (0,)), Cited("ab", (0, 1))], passages, by_letters) == 0.5


def test_invented_numbers_and_no_citations_at_all():
    assert citation_recall([Cited("a"), Cited("a", (0, 7))], ["a"], by_letters) == 0
    assert citation_precision([Cited("a", (0, 7)), Cited("a", (0,))], ["a"], by_letters) == 1 / 3
    assert citation_precision([Cited("a")], ["a"], by_letters) == 0


def test_faithfulness_is_the_share_that_follows():
    assert faithfulness(["a", "b", "ab", "c"], "xaby", by_letters) == 0.75
    for measure, given in ((faithfulness, "x"), (citation_recall, ["x"])):
        with pytest.raises(ValueError, match="wanted one or more"):
            measure([], given, by_letters)


def test_the_judge_sees_text_and_statement_and_is_asked_once_for_all():
    seen = []

    def judge(pairs):
        seen.append(list(pairs))
        return by_letters(pairs)

    faithfulness(["a", "b"], "ab", judge)
    citation_precision([Cited("a", (0, 1)), Cited("b", (1, 1))], ["a", "b"], judge)
    assert seen[0] == [("ab", "a"), ("ab", "b")]
    assert len(seen) == 2
    assert ("a\nb", "a") in seen[1]
    assert ("b", "b") in seen[1]


def test_answer_relevance_is_a_mean_cosine():
    question, written = np.random.default_rng(0).normal(size=(2, 3, 7))
    cosines = [question[0] @ w / np.linalg.norm(question[0]) / np.linalg.norm(w) for w in written]
    vectors = jnp.asarray(question[0], jnp.float32), jnp.asarray(written, jnp.float32)
    assert answer_relevance(*vectors) == pytest.approx(np.mean(cosines), abs=1e-6)
    assert answer_relevance(*vectors, noncommittal=True) == 0
    assert answer_relevance(vectors[0], -vectors[0][None]) == pytest.approx(-1, abs=1e-6)
