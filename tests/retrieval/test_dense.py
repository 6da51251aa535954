"""Exact search against NumPy."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.dense import BLOCK, cosine_scores, nearest, top_k

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


@pytest.mark.parametrize("documents", [2 * BLOCK + 1, 8 * BLOCK, 8 * BLOCK + 3])
@pytest.mark.parametrize("k", [1, 2, 7])
def test_nearest_of_many_with_ties(documents, k):
    """Numbers as a stable sort gives them; few scores differ from 0, so blocks' maxima differ."""
    rare = RNG.random((1, documents)) < 0.005
    columns = np.where(rare, RNG.integers(-3, 4, rare.shape), 0).astype(np.float32)
    values, numbers = nearest(jnp.array([[1.0], [-3.0]]), jnp.asarray(columns), k)
    for row, sign in enumerate((1, -1)):
        want = np.argsort(-sign * columns[0], kind="stable")[:k]
        np.testing.assert_array_equal(numbers[row], want)
        np.testing.assert_array_equal(values[row], sign * columns[0, want])


@pytest.mark.parametrize("few", [1, 3])
def test_nearest_of_many_takes_two_from_one_block(few):
    """Where the best stand side by side, and where a block has only some of them."""
    units = RNG.normal(size=(9 * BLOCK, 5)).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    units[few : few + 4] = units[few]
    want = np.argsort(-(units @ units[few]), kind="stable")[:6]
    assert nearest(jnp.asarray(units[few][None]), jnp.asarray(units.T), 6)[1][0].tolist() == list(
        want
    )
