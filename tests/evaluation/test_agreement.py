"""Cohen's kappa against scikit-learn's and by hand; its interval by how often it covers."""

import importlib
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.evaluation.agreement import cohen_kappa, kappa_interval

REFERENCES = Path(__file__).parents[1] / "references"


@pytest.mark.parametrize("num_labels", [2, 3, 5])
def test_kappa_is_scikit_learns(num_labels, monkeypatch):
    monkeypatch.syspath_prepend(str(REFERENCES))
    first, second = importlib.import_module("kappa").judges(num_labels)
    with np.load(REFERENCES / "kappa.npz") as stored:
        want = stored[f"kappa.{num_labels}"]
    got = [
        cohen_kappa(jnp.asarray(a), jnp.asarray(b), num_labels)
        for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose(got, want, atol=2e-6)
    assert want.min() < 0.2 < 0.6 < want.max()


def counted(table):
    """Two judges whose labels are so often (row, column) as the table says."""
    pairs = [(r, c) for r, row in enumerate(table) for c, n in enumerate(row) for _ in range(n)]
    return tuple(jnp.array(side) for side in zip(*pairs, strict=True))


def test_by_hand():
    """20 and 15 of 50 agree: 0.7 where luck gives 0.5."""
    assert cohen_kappa(*counted([[20, 5], [10, 15]])) == pytest.approx(0.4, abs=1e-6)
    assert cohen_kappa(*counted([[7, 0], [0, 13]])) == pytest.approx(1, abs=1e-6)
    assert cohen_kappa(*counted([[5, 5], [5, 5]])) == pytest.approx(0, abs=1e-6)
    assert jnp.isnan(cohen_kappa(*counted([[9, 0], [0, 0]])))


def test_the_interval_covers_the_true_kappa():
    """Truth is even and a judge right 4 times of 5: kappa is 2 * 0.8 - 1."""
    covered = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        truth = draw.integers(2, size=80)
        said = np.where(draw.random(80) < 0.8, truth, 1 - truth)
        low, high = kappa_interval(jnp.asarray(truth), jnp.asarray(said), draws=400, seed=seed)
        covered += low <= 0.6 <= high
    assert 88 <= covered <= 100
