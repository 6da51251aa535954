"""Where training examples come from, and that no held-out query is among them."""

from itertools import chain

import jax.numpy as jnp
import pytest
from flax import nnx

from whiteboard.data import python_queries, python_topics, record
from whiteboard.retrieval import reranker_training
from whiteboard.retrieval.cross_encoder import CrossEncoder, listwise_loss
from whiteboard.retrieval.encoder_tuning import pairs_of
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.labels import answers
from whiteboard.retrieval.reranker_batches import batches
from whiteboard.retrieval.reranker_training import (
    LONGEST,
    labelled_examples,
    training_examples,
)

HELD_OUT = {query.text for query in python_queries(split="held-out")}


@pytest.fixture(scope="module")
def made():
    """All examples, made while asking for held-out queries is an error."""

    def guarded(*kinds, split=None):
        assert split == "development", f"training asked for the queries of {split}"
        return python_queries(*kinds, split=split)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reranker_training, "python_queries", guarded)
        return training_examples(python_index(), cloze=10_000, epochs=2)


def split(made):
    asked = {query.text for query in python_queries(split="development")}
    return [e for e in made if e.query in asked], [e for e in made if e.query not in asked]


def test_no_held_out_query_is_trained_on(made):
    """What was recorded too. Names that a sentence of the corpus says are counted on the page."""
    recorded = record("rerankers")["results"]["training, cross-encoder"]["queries"]
    for queries in ({example.query for example in made}, set(recorded)):
        assert len(queries) > 100
        assert not queries & HELD_OUT


def test_every_development_answer_is_seen_once_an_epoch(made):
    labelled, _ = split(made)
    queries = python_queries(split="development")
    pairs = pairs_of(answers(queries, python_index().chunks, python_topics()))
    assert len(labelled) == 2 * len(pairs.query)
    seen = sorted((example.query, example.positive) for example in labelled)
    chunks = python_index().chunks
    want = [(queries[q].text, chunks[p].text) for q, p in zip(pairs.query, pairs.positive)]
    assert seen == sorted(want * 2)


def test_no_negative_answers(made):
    """Neither a labelled span, nor the sentence that a passage was asked by, is among them."""
    labelled, cloze = split(made)
    spans = {q.text: [s.text.split() for s in q.spans] for q in python_queries()}
    for query, _, *negatives in labelled:
        assert all(negatives)
        for text in chain(*negatives):
            assert not any(" ".join(s) in " ".join(text.split()) for s in spans[query])
    for query, _, *negatives in cloze:
        assert len(query) <= LONGEST
        assert not any(query in text for text in chain(*negatives))


def test_one_sentence_in_ten_stays_in_its_passage(made):
    _, cloze = split(made)
    stays = [query in positive for query, positive, *_ in cloze]
    assert len(stays) > 500
    assert 0.06 < sum(stays) / len(stays) < 0.14


def test_a_held_out_query_is_refused():
    queries, index = python_queries(split="held-out")[:3], python_index()
    pairs = pairs_of(answers(queries, index.chunks, python_topics()))
    scores = jnp.zeros((3, len(index.chunks)))
    with pytest.raises(ValueError, match="is held out: train on the development half"):
        labelled_examples(queries, pairs, scores, index.chunks, count=2)


@pytest.mark.parametrize(
    ("recipe", "hard", "stays"), [("cross-encoder", 1, 0.1), ("hard negatives alone", 3, 0.0)]
)
def test_the_first_loss_of_each_recipe_is_as_recorded(recipe, hard, stays):
    """The same examples, negatives and first weights: before any step the loss is the recorded."""
    want = record("rerankers")["results"][f"training, {recipe}"]
    assert (want["hard"], want["stays"]) == (hard, stays)
    index = python_index()
    examples = training_examples(index, cloze=want["cloze"], epochs=want["epochs"], stays=stays)
    assert sorted({example.query for example in examples}) == want["queries"]
    sizes = {name: want[name] for name in ("groups", "negatives", "length")}
    first = next(batches(index.encoder.tokenizer, examples, hard=hard, **sizes))
    model = CrossEncoder(index.encoder.module, rngs=nnx.Rngs(0))
    assert float(listwise_loss(model, first)) == pytest.approx(want["losses"][0], abs=2e-3)
