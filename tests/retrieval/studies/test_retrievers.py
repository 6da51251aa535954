"""How a weight is tuned, and on which queries; the page runs the comparison itself."""

import jax.numpy as jnp
import numpy as np

from whiteboard.data import python_queries
from whiteboard.retrieval.studies.retrievers import ONE_ANSWER, of_kind, tuned_weight


def test_the_best_recall_wins_then_the_best_reciprocal_rank():
    ranks = {0.0: jnp.array([1, 11, 11]), 0.5: jnp.array([9, 9, 11]), 1.0: jnp.array([9, 1, 11])}
    assert tuned_weight(ranks, [0, 1, 2]) == 1.0


def test_only_the_given_queries_count():
    ranks = {0.0: jnp.array([1, 99]), 1.0: jnp.array([99, 1])}
    assert tuned_weight(ranks, [0]) == 0.0
    assert tuned_weight(ranks, np.array([1])) == 1.0


def test_kinds_part_the_queries():
    kinds = [of_kind(kind) for kind in ONE_ANSWER]
    assert (kinds[0] ^ kinds[1]).all()
    assert kinds[0].sum() == len(python_queries("identifier"))
