"""Coverage by hand and its bounds; the stop against a loop over every threshold."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.retrieval.graded_stop import covered, graded_stop

IDF = {"join": 2.0, "texts": 1.0, "how": 0.5}


def test_coverage_by_hand():
    assert covered("how join texts zebra", ["Join the texts"], IDF) == pytest.approx(3 / 3.5)
    assert covered("how join", ["nothing"], IDF) == 0
    assert covered("zebra", ["zebra"], IDF) == 0


@given(st.lists(st.sampled_from([*IDF, "zebra"])), st.lists(st.sampled_from([*IDF, "zebra"])))
def test_more_passages_never_cover_less(first, more):
    one = covered("how join texts", [" ".join(first)], IDF)
    both = covered("how join texts", [" ".join(first), " ".join(more)], IDF)
    assert 0 <= one <= both <= 1 + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_against_a_loop_over_all(seed):
    draw = np.random.default_rng(seed)
    grades = np.sort(draw.integers(0, 9, (13, 3)) / 8, axis=1)
    found = np.maximum.accumulate(draw.random((13, 3)) < 0.4, axis=1)
    development = np.arange(13) < 7

    def stops(threshold):
        return [next((c for c in (1, 2) if row[c - 1] >= threshold), 3) for row in grades]

    def worth(threshold):
        calls = np.array(stops(threshold))
        hits = found[np.arange(13), calls - 1]
        return (hits - 0.1 * calls)[development].mean()

    values = [*np.unique(grades[development]), 9.0]
    got = graded_stop(*map(jnp.asarray, (grades, found, development)), 0.1)
    assert worth(got.threshold) == pytest.approx(max(map(worth, values)), abs=1e-6)
    calls = np.array(stops(got.threshold))[~development]
    np.testing.assert_array_equal(got.calls, calls)
    np.testing.assert_array_equal(got.answered, found[~development][np.arange(6), calls - 1])
