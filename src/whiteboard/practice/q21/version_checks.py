"""The checks of a search in an index that two encoders have filled."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.versions import same_version_scores

Function = Callable[..., Array]
QUERIES, STORED = (
    jnp.asarray(np.random.default_rng(0).normal(size=(n, 5)), jnp.float32) for n in (3, 7)
)
ASKED, MADE = jnp.array([1, 2, 2]), jnp.array([1, 2, 1, 1, 2, 2, 1])


def follows_the_version_rule(score: Function) -> None:
    """The cosine where the versions are the same, else -inf, one pair at a time."""
    q, d = (np.asarray(x, np.float64) for x in (QUERIES, STORED))
    want = q @ d.T / np.outer(np.linalg.norm(q, axis=1), np.linalg.norm(d, axis=1))
    want[np.asarray(ASKED)[:, None] != np.asarray(MADE)] = -np.inf
    expect_close(score(QUERIES, ASKED, STORED, MADE), want, "3 queries, 7 vectors, 2 versions")


def another_versions_vector_is_never_found(score: Function) -> None:
    """Even a vector equal to the query ranks below all of the query's own version."""
    stored = jnp.array([[1.0, 0.0], [-1.0, 0.1]])
    same, other = score(stored[:1], jnp.array([2]), stored, jnp.array([1, 2]))[0][::-1]
    message = f"same version, cosine -1: {same:.2f}; another's, cosine 1: {other:.2f}"
    expect(same > other, message)


EXERCISES = (
    Exercise.of(
        same_version_scores,
        checks=(follows_the_version_rule, another_versions_vector_is_never_found),
        probe=lambda score: score(QUERIES, ASKED, STORED, MADE),
    ),
)
