"""Mining and InfoNCE against sentence-transformers (stored), and torch-like cases by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.hard_negatives import info_nce, mine_negatives

STORED = "contrastive.npz"


def vectors(rows: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(rows, 13)) + 0.5
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def test_loss_and_gradient_against_sentence_transformers(stored):
    def loss(columns):
        passages = columns[1:].reshape(-1, 13)
        return info_nce(columns[0], passages, jnp.arange(7), jnp.zeros((7, 21), bool), 0.05)

    columns = jnp.stack([vectors(7, seed) for seed in range(4)])
    value, gradient = jax.value_and_grad(loss)(columns)
    assert value == pytest.approx(float(stored["loss"]), abs=1e-5)
    # Theirs normalises the vectors again: its gradient has no part along them.
    along = (gradient * columns).sum(-1, keepdims=True) * columns
    np.testing.assert_allclose(gradient - along, stored["gradient"], atol=1e-5)


def test_mined_against_sentence_transformers(stored):
    scores = jnp.asarray(vectors(7, 4) @ vectors(41, 5).T)
    mined = mine_negatives(scores, jnp.arange(7), jnp.zeros((7, 41), bool), count=3)
    whole = (stored["mined"] >= 0).all(1)
    assert whole.sum() >= 3
    np.testing.assert_array_equal(np.asarray(mined)[whole], stored["mined"][whole])
    assert (np.asarray(mined)[~whole] == -1).any(axis=-1).all()


def test_no_negative_is_left():
    scores = jnp.array([[0.5, 0.6, 0.49]])
    mined = mine_negatives(scores, jnp.array([0]), jnp.zeros((1, 3), bool), count=2)
    assert mined.tolist() == [[-1, -1]]


def test_one_query_alone_has_no_loss():
    unit = jnp.array([[1.0, 0.0]])
    assert info_nce(unit, unit, jnp.array([0]), jnp.zeros((1, 1), bool)) == 0


def test_the_gradient_of_an_excluded_passage_is_0():
    queries, passages = jnp.asarray(vectors(1, 0)), jnp.asarray(vectors(3, 1))
    excluded = jnp.array([[False, True, False]])
    gradient = jax.grad(lambda p: info_nce(queries, p, jnp.array([0]), excluded))(passages)
    assert not gradient[1].any()
    assert gradient[2].any()
    assert jnp.isfinite(gradient).all()
