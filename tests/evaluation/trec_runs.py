"""Runs with ties, grades and unjudged documents, and what pytrec_eval says of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytrec_eval

from whiteboard.evaluation.rank_metrics import best_first

QUERIES, DOCUMENTS, CUTS = 3001, 23, (1, 5, 10)
RNG = np.random.default_rng(17)
SCORES = RNG.integers(0, 11, (QUERIES, DOCUMENTS))  # 11 values for 23 documents: ties in every run
# From grade -1 (not judged) to 3, and the share of unjudged ones changes from query to query.
GRADES = np.where(
    RNG.random((QUERIES, DOCUMENTS)) < 0.6 * RNG.random((QUERIES, 1)),
    -1,
    RNG.choice(4, (QUERIES, DOCUMENTS), p=[0.7, 0.15, 0.1, 0.05]),
)
FOUND = np.sort(RNG.integers(1, DOCUMENTS + 1, QUERIES))  # some runs come back with few documents
NAMES = RNG.permutation(DOCUMENTS)


def retrieved():
    """Each run's best documents, and empty places after the number it found."""
    everything = jax.jit(best_first)(jnp.asarray(SCORES, jnp.float32), jnp.asarray(NAMES))
    return jnp.where(jnp.arange(DOCUMENTS)[None] < jnp.asarray(FOUND)[:, None], everything, -1)


def oracle(order, measures, **settings):
    """pytrec_eval's values; it sorts by score and then by name itself."""
    name = [f"d{n:02d}" for n in NAMES]
    kept = [[int(d) for d in row if d >= 0] for row in np.asarray(order)]
    run = {
        str(q): {name[d]: float(SCORES[q, d]) for d in documents}
        for q, documents in enumerate(kept)
    }
    judged = {
        str(q): {name[d]: int(g) for d, g in enumerate(row) if g >= 0}
        for q, row in enumerate(GRADES)
    }
    found = pytrec_eval.RelevanceEvaluator(judged, measures, **settings).evaluate(run)
    return [found.get(str(q)) for q in range(QUERIES)]


def compare(ours, rows, name):
    want = np.array([np.nan if row is None else row[name] for row in rows])
    known = ~np.isnan(want)
    assert known.sum() > 2900
    np.testing.assert_allclose(np.asarray(ours)[known], want[known], rtol=2e-6, atol=1e-7)
    assert len(np.unique(want[known])) > 1
