"""Fusion against the one of a vector database, and by hand."""

import jax.numpy as jnp
import numpy as np
from qdrant_client import models
from qdrant_client.hybrid.fusion import reciprocal_rank_fusion as qdrant_fusion

from whiteboard.evaluation.answer_ranks import ranks
from whiteboard.retrieval.fusion import convex_fusion, fuse_ranks, reciprocal_rank_fusion

RNG = np.random.default_rng(0)


def points(order: list[int]) -> list[models.ScoredPoint]:
    return [models.ScoredPoint(id=i, version=0, score=0.0, payload={}) for i in order]


def test_fusion_is_qdrants_with_k_one_more():
    """Qdrant counts ranks from 0: its k of 61 is the paper's 60."""
    lists = [RNG.permutation(37)[:23].tolist() for _ in range(2)]
    place = np.full((2, 37), 99)
    for row, order in enumerate(lists):
        place[row, order] = np.arange(1, 24)
    ours = reciprocal_rank_fusion(jnp.asarray(place), jnp.asarray(place < 99), 60.0)
    theirs = qdrant_fusion([points(order) for order in lists], limit=37, ranking_constant_k=61)
    np.testing.assert_allclose([ours[p.id] for p in theirs], [p.score for p in theirs], rtol=1e-6)


def test_fuse_ranks_leaves_out_what_was_not_found():
    lexical = jnp.array([2.0, 0, 1, 0])
    dense = jnp.array([0.1, 0.9, 0.3, -0.2])
    fused = fuse_ranks(jnp.stack([lexical, dense]), jnp.array([0.0, -2.0]), depth=3)
    want = [1 / 61 + 1 / 63, 1 / 61, 1 / 62 + 1 / 62, 0]
    np.testing.assert_allclose(fused, want, rtol=1e-6)


def test_convex_fusion_ends_at_either_list():
    lexical, cosine = jnp.array([5.0, 0, 1]), jnp.array([-0.5, 0.7, 0.2])
    np.testing.assert_array_equal(ranks(convex_fusion(lexical, cosine, 0.0)), ranks(lexical))
    np.testing.assert_array_equal(ranks(convex_fusion(lexical, cosine, 1.0)), ranks(cosine))
    assert jnp.isfinite(convex_fusion(jnp.zeros(3), cosine)).all()
