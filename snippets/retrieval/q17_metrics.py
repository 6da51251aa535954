"""Hit rate and recall of two questions: one has a single answer, the other has four."""

import jax.numpy as jnp

from whiteboard.evaluation import rank_metrics

# One row a question, one column a document: 1 answers it. The search returned 5 of 8, best first.
GRADES = jnp.array([[1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]])
ORDER = jnp.array([[0, 4, 5, 6, 7], [4, 2, 5, 6, 7]])
METRICS = ("hit_rate", "recall", "precision", "reciprocal_rank", "average_precision", "ndcg")

for name in METRICS:
    values = getattr(rank_metrics, name)(GRADES, ORDER, 5)
    print(f"{name:17}", *(f"{value:.3f}" for value in values), f" mean {values.mean():.3f}")
