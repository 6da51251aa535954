"""Prompts that begin alike against reading each from its start: the same answers."""

import jax
import numpy as np
import pytest

from whiteboard.decoding.reader import Reader
from whiteboard.lm.generate import check_prompts

READ = ["one passage, then another one. Which?", "two, and what is asked of it"]
OTHER = ["one passage, then another one. Why?", "two, and what else there is to ask"]


@pytest.fixture(scope="module")
def reader(tiny):
    return Reader.read(tiny, [tiny.tokenizer.encode(text) for text in READ], room=64)


@pytest.mark.parametrize("texts", [READ, OTHER], ids=["the same", "another ending"])
def test_answers_are_those_of_the_model_alone(tiny, reader, texts):
    prompts = [tiny.tokenizer.encode(text) for text in texts]
    got = reader.write(prompts, max_new_tokens=7)
    assert got == tiny.generate(list(texts), max_new_tokens=7)


def test_logits_are_those_of_one_plain_pass(tiny, reader):
    prompts = [tiny.tokenizer.encode(text) for text in OTHER]
    steps = reader.steps(prompts, 2)
    got = [next(steps), steps.send([5, 6]), steps.send([7, 8])]
    for row, sent in enumerate(((5, 7), (6, 8))):
        tokens = np.array([[*prompts[row], *sent]])
        want = jax.jit(lambda m, t: m(t))(tiny.decoder, tokens)[0, -3:]
        np.testing.assert_allclose([step[row] for step in got], want, atol=2e-4)


def test_what_does_not_fit_is_refused(tiny, reader):
    check_prompts(tiny.config, [[1] * 120, [1]], 5)  # the model itself has room
    with pytest.raises(ValueError, match="room: 128 slots, and these prompts need"):
        next(reader.steps([[1] * 120, [1]], 70))
    with pytest.raises(ValueError, match="has no tokens"):
        next(reader.steps([[1], []], 1))
    # Each fits, but the rest of one, padded to the other's, would be written past the last slot.
    begun = tiny.tokenizer.encode(READ[0])
    with pytest.raises(
        ValueError, match=f"room: 128 slots, and these prompts need {99 + len(begun)}"
    ):
        next(reader.steps([[*begun, 1], [1] * 99], 1))
