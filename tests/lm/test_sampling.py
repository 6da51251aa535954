"""Sampling: the filters of transformers, frequencies of the softmax, and seeds."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.lm.sampling import Sampling, filter_logits, keep_top_k, keep_top_p

STORED = json.loads((Path(__file__).parents[1] / "references" / "sampling.json").read_text())


@pytest.mark.parametrize(
    "case",
    STORED["cases"],
    ids=lambda case: "-".join(map(str, list(case.values())[:3])),
)
def test_the_filtered_logits_are_those_of_transformers(case):
    kept = np.array(case.pop("kept"), np.float64)  # None becomes nan
    got = filter_logits(jnp.array(STORED["logits"]), **case)
    np.testing.assert_allclose(got, np.where(np.isnan(kept), -np.inf, kept), rtol=1e-6)


def test_top_p_by_hand():
    """Probabilities .5 .3 .15 .05: a share of .7 takes two tokens, of .5 the first alone."""
    logits = jnp.log(jnp.array([[0.3, 0.05, 0.5, 0.15]]))
    for p, kept in [
        (0.7, [0, 2]),
        (0.81, [0, 2, 3]),
        (0.49, [2]),
        (1e-9, [2]),
        (1.0, [0, 1, 2, 3]),
    ]:
        np.testing.assert_array_equal(np.flatnonzero(keep_top_p(logits, p)[0] > -np.inf), kept)


def test_top_k_keeps_ties_and_all_of_a_small_vocabulary():
    logits = jnp.array([[1.0, 2.0, 2.0, 0.0]])
    np.testing.assert_array_equal(keep_top_k(logits, 1)[0] > -np.inf, [False, True, True, False])
    np.testing.assert_array_equal(keep_top_k(logits, 9), logits)


def test_tokens_are_drawn_as_often_as_the_softmax_says():
    draws, logits = 4000, jnp.array([0.0, 1.0, 2.0, -1.0, 0.5])
    sampling = Sampling(temperature=1.5, top_k=4, seed=3)
    tokens = sampling.choose(jnp.broadcast_to(logits[None], (draws, 5)), 0)
    want = np.array(jax.nn.softmax(jnp.where(logits < 0, -jnp.inf, logits / 1.5)))
    share = np.bincount(tokens, minlength=5) / draws
    assert share[3] == 0
    # Five standard errors of a share.
    assert (np.abs(share - want) <= 5 * np.sqrt(want * (1 - want) / draws)).all()


def test_zero_temperature_is_greedy_and_needs_no_seed():
    logits = jnp.array([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]])
    for seed in range(3):
        np.testing.assert_array_equal(Sampling(seed=seed).choose(logits, 0), [1, 0])


def test_draws_follow_the_seed_the_row_and_the_step_alone():
    logits = jnp.zeros((4, 997))

    def draw(rows=4, step=0, seed=0):
        return np.array(Sampling(temperature=1.0, seed=seed).choose(logits[:rows], step))

    np.testing.assert_array_equal(draw(), draw())
    np.testing.assert_array_equal(draw(rows=2), draw()[:2])
    assert len(set(draw())) == 4
    assert (draw(step=1) != draw()).any()
    assert (draw(seed=1) != draw()).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1.0}, "temperature must be 0 or more, got -1.0"),
        ({"temperature": float("nan")}, "temperature must be 0 or more, got nan"),
        ({"top_k": 0}, "top_k must be 1 or more, got 0"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, got 0.0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Sampling(**settings)
