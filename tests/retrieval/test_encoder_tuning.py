"""Pairs, batches and the loss on a tiny encoder; the recorded job's cheap part again."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from whiteboard.data import python_queries, python_topics, record
from whiteboard.encoder import EncoderConfig, TextEncoder
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.encoder_tuning import (
    Batch,
    batches,
    contrastive_loss,
    false_negatives,
    mine,
    pairs_of,
    upper_layers,
)
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.labels import answers
from whiteboard.training.step import fit

ROOT = Path(__file__).parents[2]
RESULTS = record("encoder_tuning")
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def development():
    """The development queries' pairs, and their scores by MiniLM as it is."""
    queries, index = python_queries(split="development"), python_index()
    scores = cosine_scores(index.encoder.encode([q.text for q in queries]), index.vectors)
    return pairs_of(answers(queries, index.chunks, python_topics())), scores


def test_a_pair_for_each_span():
    one, two = np.zeros((2, 2, 5), bool)
    one[:, [1, 2]] = True
    two[0, 3] = two[1, [0, 3]] = True
    pairs = pairs_of(jnp.asarray(np.stack([one, two])))
    assert pairs.query.tolist() == [0, 1, 1]
    assert pairs.positive.tolist() == [1, 3, 0]
    assert np.flatnonzero(pairs.answers[1]).tolist() == [0, 3]


@pytest.mark.parametrize("name", ["in-batch", "mined", "mined, filtered"])
def test_the_recorded_negatives(development, name):
    count, margin = {"in-batch": (0, None), "mined": (2, None), "mined, filtered": (2, 0.05)}[name]
    pairs, scores = development
    wrong, mined = false_negatives(pairs, mine(pairs, scores, count=count, margin=margin))
    stored = RESULTS["results"]["runs"][name]
    assert (wrong, mined) == (stored["mined"]["false"], stored["mined"]["all"])
    assert len(pairs.query) == stored["pairs"]


def test_batches_exclude_the_own_answer_and_what_is_missing(development, minilm):
    pairs, scores = development
    mined = mine(pairs, scores, count=2, margin=0.05)
    texts = [chunk.text for chunk in python_index().chunks]
    queries = [query.text for query in python_queries(split="development")]
    made = list(batches(minilm, queries, texts, pairs, mined, size=5, steps=3))
    assert len(made) == 3
    for batch in made:
        assert batch.query_ids.shape == (5, 32)
        assert batch.passage_ids.shape == (15, 192)
        assert batch.passage_lengths.max() <= 192
        assert np.diagonal(batch.excluded[:, :5]).all()


def tiny_batch() -> Batch:
    config = EncoderConfig.tiny()
    ids = [RNG.integers(0, config.vocab_size, (rows, 11)).astype(np.int32) for rows in (3, 9)]
    lengths = [np.array([11, 5, 7], np.int32), np.full(9, 11, np.int32)]
    return Batch(ids[0], lengths[0], ids[1], lengths[1], np.zeros((3, 9), bool))


def test_only_the_upper_layers_move_and_the_loss_falls():
    module, batch = TextEncoder(EncoderConfig.tiny(), rngs=nnx.Rngs(0)), tiny_batch()
    before = jax.tree.map(jnp.copy, nnx.state(module))
    losses = fit(
        module, [batch] * 20, loss=contrastive_loss, optimizer=optax.adam(1e-2), wrt=upper_layers(1)
    )
    assert losses[-1] < 0.5 * losses[0]
    moved = {
        path[:2]
        for (path, old), new in zip(
            jax.tree_util.tree_leaves_with_path(before), jax.tree.leaves(nnx.state(module))
        )
        if not jnp.array_equal(old, new)
    }
    assert moved
    assert all("layers" in str(path[0]) and "1" in str(path[1]) for path in moved)


@pytest.mark.slow
def test_a_recorded_run_again(development):
    """The first three losses of the filtered run, with the whole encoder, to a hundredth."""
    pairs, scores = development
    stored, index = RESULTS["results"], python_index()
    conditions = stored["conditions"]
    mined = mine(pairs, scores, count=conditions["negatives"], margin=0.05)
    module = nnx.clone(index.encoder.module)
    rows = batches(
        index.encoder,
        [query.text for query in python_queries(split="development")],
        [chunk.text for chunk in index.chunks],
        pairs,
        mined,
        size=conditions["batch"],
        steps=conditions["steps"],
    )
    schedule = optax.linear_schedule(conditions["rate"], 0, conditions["steps"])
    losses = fit(
        module,
        [batch for _, batch in zip(range(3), rows)],
        loss=contrastive_loss,
        optimizer=optax.adamw(schedule),
        wrt=upper_layers(conditions["frozen"]),
    )
    want = stored["runs"]["mined, filtered"]["losses"][:3]
    np.testing.assert_allclose(losses, want, rtol=0.01)
