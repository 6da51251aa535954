"""Confined decoding against the likeliest tokens by a plain pass, and what may be extracted."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.decoding.reader import Reader
from whiteboard.retrieval.citations import citation_problems
from whiteboard.retrieval.extraction import Extract, extract, sentences

TEXT = "A heading\n=========\n\nThe first one is long enough. Too short. It goes on and is cut"


def by_hand(model, prompt, choices):
    """One token after the other, each by a whole pass; the same rule, no cache and no tree."""
    left = {tuple(model.tokenizer.encode(f'{choice.text}"')): choice for choice in choices}
    forward, said = jax.jit(lambda m, t: m(t)), ()
    while len(left) > 1:
        tokens = np.zeros((1, 128), np.int32)
        row = [*prompt, *said]
        tokens[0, : len(row)] = row
        logits = np.asarray(forward(model.decoder, tokens))[0, len(row) - 1]
        following = {ids[len(said)] for ids in left}
        said = (*said, max(sorted(following), key=lambda token: logits[token]))
        left = {ids: c for ids, c in left.items() if ids[: len(said)] == said}
    return next(iter(left.values()))


def test_the_greedy_choice_is_that_of_plain_passes(tiny):
    texts = ["bat and ball is a game.", "bat and bird is a tale.", "an apple is a fruit."]
    choices = [Extract(0, 0, len(text), text) for text in texts]
    prompts = [tiny.tokenizer.encode(text) for text in ("What is a game? ", "Say: bat and ")]
    reader = Reader.read(tiny, prompts, room=64)
    got = extract(reader, prompts, [choices, choices[::-1]])
    assert got == [by_hand(tiny, prompt, choices) for prompt in prompts]
    assert extract(reader, prompts, [choices[:1], choices[2:]]) == [choices[0], choices[2]]


def test_a_prompt_without_choices_is_refused(tiny):
    reader = Reader.read(tiny, [[5]], room=64)
    with pytest.raises(ValueError, match="refuse to answer instead"):
        extract(reader, [[5]], [[]])


def test_headings_short_and_cut_sentences_are_left_out():
    (found,) = sentences([TEXT])
    assert found.text == "The first one is long enough."
    assert TEXT[found.start : found.end] == found.text
    assert sentences([TEXT, TEXT], least=2)[3].passage == 1


@given(st.lists(st.text(alphabet='ab "[]1.!?\n', max_size=80), min_size=1, max_size=3))
def test_what_is_extracted_can_be_cited(passages):
    for found in sentences(passages, least=3):
        assert passages[found.passage][found.start : found.end] == found.text
        if '"' not in found.text and sum(map(str.isalnum, found.text)) >= 3:
            problems = citation_problems(found.cited(), passages)
            assert all("wanted 3 words" in problem for problem in problems)
