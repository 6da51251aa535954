"""A conversation to learn from, on the real tokenizer."""

import pytest

from whiteboard.lm.chat_template import encode
from whiteboard.training.chat_example import chat_example

USER, ANSWER = {"role": "user", "content": "Two?"}, {"role": "assistant", "content": "2."}


def test_what_counts_is_the_answer_and_its_end(smollm2):
    tokenizer = smollm2.tokenizer
    tokens, counted = chat_example(tokenizer, [USER, ANSWER, USER, ANSWER])
    learnt = [t for t, c in zip(tokens, counted) if c]
    assert tokenizer.decode(learnt, special=True) == "2.<|im_end|>2.<|im_end|>"
    assert tokens == encode(tokenizer, [USER, ANSWER, USER, ANSWER], add_generation_prompt=False)


def test_it_begins_with_the_prompt_of_inference(smollm2):
    prompt = encode(smollm2.tokenizer, [USER])
    tokens, counted = chat_example(smollm2.tokenizer, [USER, ANSWER])
    assert tokens[: len(prompt)] == prompt
    assert counted.index(True) == len(prompt)


def test_what_cannot_be_learnt_is_refused(smollm2):
    with pytest.raises(ValueError, match="no message is the assistant's"):
        chat_example(smollm2.tokenizer, [USER])
    with pytest.raises(ValueError, match="message 1: an answer must not begin with white space"):
        chat_example(smollm2.tokenizer, [USER, {"role": "assistant", "content": "\n2."}])
