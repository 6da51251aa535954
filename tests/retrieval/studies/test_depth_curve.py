"""Intervals by their coverage, chance by guessing, and a liking for a place told from skill."""

import jax.numpy as jnp
import numpy as np

from whiteboard.retrieval.studies.depth_curve import depth_curve, named_unasked


def test_a_curve_by_hand():
    hits = jnp.array([[True, False, True], [True, False, False]])
    curve = depth_curve(hits, 4)
    assert curve.accuracy.tolist() == [1.0, 0.0, 0.5]
    assert float(curve.chance) == 0.25
    assert (curve.low < curve.accuracy)[::2].all()
    assert (curve.high > curve.accuracy)[1:].all()


def test_guessers_are_seldom_above_chance_and_readers_always():
    """2.5% of one-sided misses, in 400 depths of 40 guesses among four."""
    draw = np.random.default_rng(0)
    guesses = jnp.asarray(draw.integers(4, size=(40, 400)) == 0)
    assert 0.005 < depth_curve(guesses, 4).above_chance.mean() < 0.05
    assert depth_curve(jnp.asarray(draw.random((40, 400)) < 0.7), 4).above_chance.all()


def test_one_who_always_names_the_first_line_is_told_from_one_who_reads():
    answers = np.tile([0, 5, 10], (20, 1))
    np.testing.assert_array_equal(named_unasked(np.zeros_like(answers), answers), [1, 0, 0])
    np.testing.assert_array_equal(named_unasked(answers, answers), [0, 0, 0])


def test_names_that_were_not_asked_for_by_hand():
    """Line 2 is named in one of four chances: list 0, asked for line 0; line 0 never."""
    answers = np.array([[0, 2, 4], [0, 2, 4]])
    picks = np.array([[2, 2, 1], [0, 3, 4]])
    np.testing.assert_array_equal(named_unasked(picks, answers), [0, 0.25, 0])
