"""Versions are kept apart, and a rotation between two spaces is SciPy's."""

import jax.numpy as jnp
import numpy as np
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.versions import orthogonal_map, same_version_scores

RNG = np.random.default_rng(0)


def test_against_scipys_procrustes():
    new, old = RNG.normal(size=(2, 31, 7))
    want, _ = orthogonal_procrustes(new, old)
    np.testing.assert_allclose(orthogonal_map(jnp.asarray(new), jnp.asarray(old)), want, atol=1e-4)


def test_a_rotation_is_undone():
    old = jnp.asarray(RNG.normal(size=(31, 7)), jnp.float32)
    new = old @ jnp.asarray(ortho_group.rvs(7, random_state=0), jnp.float32)
    np.testing.assert_allclose(new @ orthogonal_map(new, old), old, atol=1e-4)


def test_versions_are_kept_apart():
    queries, stored = (jnp.asarray(RNG.normal(size=(n, 5)), jnp.float32) for n in (2, 6))
    made = jnp.array([1, 2, 1, 2, 2, 1])
    got = same_version_scores(queries, jnp.array([1, 2]), stored, made)
    same = np.asarray(made)[None] == np.array([[1], [2]])
    np.testing.assert_array_equal(np.isfinite(got), same)
    np.testing.assert_allclose(
        np.asarray(got)[same], np.asarray(cosine_scores(queries, stored))[same], atol=1e-6
    )
