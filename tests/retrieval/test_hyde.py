"""The vector against numpy, feedback by hand, the documents: as recorded, and written again."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard import lm
from whiteboard.data import python_queries, record
from whiteboard.retrieval.hyde import (
    PROMPTS,
    feedback_vector,
    hyde_vector,
    hypothetical_documents,
)

RESULTS = record("hyde")["results"]


def test_the_vector_is_the_mean_of_all_directions():
    draw = np.random.default_rng(3)
    query, documents = draw.normal(size=(2, 7)), draw.normal(size=(2, 5, 7))
    got = hyde_vector(jnp.asarray(query, jnp.float32), jnp.asarray(documents, jnp.float32))
    for row, q, written in zip(got, query, documents, strict=True):
        mean = np.mean([x / np.linalg.norm(x) for x in [q, *written]], axis=0)
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-5)


def test_one_query_without_a_batch():
    got = hyde_vector(jnp.array([3.0, 0.0]), jnp.array([[0.0, 0.2]]))
    np.testing.assert_allclose(got, [0.5**0.5, 0.5**0.5], atol=1e-6)


def test_a_zero_vector_adds_nothing():
    got = hyde_vector(jnp.array([0.6, 0.8]), jnp.zeros((2, 2)))
    np.testing.assert_allclose(got, [0.6, 0.8], atol=1e-6)


def test_feedback_averages_what_was_found_first():
    query = jnp.array([[1.0, 0.0, 0.0]])
    passages = jnp.array([[0.0, 5.0, 0.0], [3.0, 4.0, 0.0], [8.0, 0.0, 6.0]])
    got = feedback_vector(query, passages, 2)
    want = np.array([1.0, 0, 0]) + np.array([0.6, 0.8, 0]) + np.array([0.8, 0, 0.6])
    np.testing.assert_allclose(got[0], want / np.linalg.norm(want), atol=1e-6)


SHORT = {"prompt": PROMPTS["completion"], "max_new_tokens": 3}


class Asked(lm.LanguageModel):
    """Says what it was asked in capitals, and nothing to what is silent."""

    def generate(self, prompt, **settings):
        return ["" if "silent" in words else f"\n{words.upper()} " for words in prompt]


def test_every_query_gets_its_own_documents(tiny):
    model, queries = Asked(tiny.decoder, tiny.tokenizer), [f"{{{n}!r}}" for n in range(13)]
    got = hypothetical_documents(model, queries, number=5, **SHORT)
    words = [PROMPTS["completion"].words.format(query=query).upper() for query in queries]
    assert got == [[text] * 5 for text in words]


def test_an_empty_document_is_replaced_by_the_query(tiny):
    model = Asked(tiny.decoder, tiny.tokenizer)
    assert hypothetical_documents(model, ["silent"], number=2, **SHORT) == [["silent", "silent"]]


def test_a_query_gets_what_it_gets_alone(tiny):
    """In the first batch rows draw by their own keys; later batches draw by other seeds."""
    queries = ["a b", "c d", "e f", "e f"]
    got = hypothetical_documents(tiny, queries, number=16, **SHORT)
    assert got[:1] == hypothetical_documents(tiny, queries[:1], number=16, **SHORT)
    assert len(set(got[0])) > 3
    assert got[2] != got[1]


def test_greedy_documents_are_all_the_same(tiny):
    got = hypothetical_documents(tiny, ["a b"], number=3, temperature=0.0, **SHORT)
    assert len(set(got[0])) == 1


def test_what_cannot_be_asked_is_refused(tiny):
    with pytest.raises(ValueError, match="query 1 is blank"):
        hypothetical_documents(tiny, ["a", " \n"], **SHORT)
    with pytest.raises(ValueError, match="wanted 1 or more, got 0"):
        hypothetical_documents(tiny, ["a"], number=0, **SHORT)
    assert hypothetical_documents(tiny, [], **SHORT) == []


def _again(model, queries):
    """The chosen setting's recorded documents of some queries, and what the model writes now."""
    setting = RESULTS["settings"][RESULTS["chosen"]]
    got = hypothetical_documents(
        model,
        queries,
        prompt=PROMPTS[setting["prompt"]],
        number=4,
        max_new_tokens=RESULTS["max_new_tokens"],
        temperature=setting["temperature"],
    )
    want = [setting["documents"][query] for query in queries]
    return [a == b for g, w in zip(got, want, strict=True) for a, b in zip(g, w, strict=True)]


def test_two_of_the_recorded_queries_again(smollm2):
    """On another processor a draw may fall on the other side of a boundary once."""
    same = _again(smollm2, [query.text for query in python_queries(split="held-out")[:2]])
    assert sum(same) >= 7


@pytest.mark.slow
def test_the_held_out_half_again(smollm2):
    same = _again(smollm2, [query.text for query in python_queries(split="held-out")])
    assert np.mean(same) > 0.9


def test_nothing_recorded_is_empty_or_the_query_itself():
    for setting in RESULTS["settings"].values():
        for query, documents in setting["documents"].items():
            assert len(documents) == 4
            assert all(text.strip() and text != query for text in documents)
