"""Exact search against NumPy."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.dense import cosine_scores, nearest, top_k

RNG = np.random.default_rng(0)


def test_cosine_and_top_k_against_numpy():
    queries, documents = RNG.normal(size=(5, 7)), RNG.normal(size=(31, 7)) * 9
    want = queries @ documents.T
    want /= np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(documents, axis=1))
    scores = cosine_scores(jnp.asarray(queries), jnp.asarray(documents))
    np.testing.assert_allclose(scores, want, atol=1e-6)
    values, numbers = top_k(scores, 11)
    np.testing.assert_array_equal(numbers, np.argsort(-want, axis=1)[:, :11])
    np.testing.assert_allclose(values, -np.sort(-want, axis=1)[:, :11], atol=1e-6)


def test_top_k_breaks_ties_by_place():
    assert top_k(jnp.array([1.0, 2.0, 2.0, 1.0]), 3)[1].tolist() == [1, 2, 0]


@pytest.mark.parametrize("k", [0, 4])
def test_top_k_of_too_few(k):
    with pytest.raises(ValueError, match="wanted 1 to 3"):
        top_k(jnp.zeros(3), k)


def test_a_zero_vector_is_like_nothing():
    assert cosine_scores(jnp.zeros((1, 3)), jnp.ones((2, 3))).tolist() == [[0, 0]]


@pytest.mark.parametrize("queries", [1, 4])
def test_nearest_against_numpy(queries):
    asked, documents = RNG.normal(size=(queries, 7)) * 3, RNG.normal(size=(31, 7))
    units = documents / np.linalg.norm(documents, axis=1, keepdims=True)
    want = asked / np.linalg.norm(asked, axis=1, keepdims=True) @ units.T
    values, numbers = nearest(jnp.asarray(asked), jnp.asarray(units.T), 5)
    np.testing.assert_array_equal(numbers, np.argsort(-want, axis=1)[:, :5])
    np.testing.assert_allclose(values, -np.sort(-want, axis=1)[:, :5], atol=1e-6)
