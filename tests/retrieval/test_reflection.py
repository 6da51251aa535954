"""Self-RAG's score by hand; the beam against every answer there is."""

from itertools import product

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.reflection import (
    IS_REL,
    IS_SUP,
    IS_USE,
    Segment,
    Weights,
    segment_beam,
    segment_score,
)


def drawn(seed):
    """A segment with probabilities of its critique that do not add up to 1."""
    draw = np.random.default_rng(seed)
    groups = (draw.random(len(tokens)) for tokens in (IS_REL, IS_SUP, IS_USE))
    return Segment(f"{seed}", -float(draw.random()), *(jnp.asarray(g, jnp.float32) for g in groups))


def test_a_score_by_hand():
    critique = [0.6, 0.2], [0.1, 0.2, 0.1], [0.0, 0.0, 0.0, 0.1, 0.1]
    segment = Segment("x", float(np.log(0.25)), *map(jnp.array, critique))
    assert segment_score(segment, Weights()) == pytest.approx(0.25 + 0.75 + 0.5 + 0.5 * 0.75)
    assert segment_score(segment, Weights(0.0, 0.0, 0.0)) == pytest.approx(0.25)


def test_a_wide_beam_finds_the_best_of_all_answers():
    weights = Weights(1.0, 2.0, 0.5)
    sentences = [[drawn(10 * depth + n) for n in range(3)] for depth in range(3)]
    got = segment_beam(lambda answer: sentences[len(answer)], weights, width=9, depth=3)
    best = max(product(*sentences), key=lambda a: sum(segment_score(s, weights) for s in a))
    assert [s.text for s in got] == [s.text for s in best]


def test_a_narrow_beam_may_miss_what_a_wider_one_finds():
    poor, good, ends = drawn(1), drawn(2), drawn(3)
    low, high = sorted([poor, good], key=lambda s: segment_score(s, Weights()))
    better = Segment("better", 3.0, ends.relevant, ends.supported, ends.useful)

    def grow(answer):
        return [low, high] if not answer else [better if answer[0] is low else ends]

    assert segment_beam(grow, Weights(), width=1)[0] is high
    assert segment_beam(grow, Weights(), width=2)[0] is low


def test_an_answer_that_nothing_follows_is_kept():
    first = drawn(1)
    assert segment_beam(lambda answer: [] if answer else [first], Weights(), depth=3) == (first,)
