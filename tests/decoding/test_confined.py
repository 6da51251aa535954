"""Confined decoding against the full pass of each option, and a greedy search without a cache."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.decoding.confined import OPTIONS, option_log_probs, write_confined
from whiteboard.lm.tokenizer import ByteTokenizer

READ = jax.jit(lambda decoder, tokens: jax.nn.log_softmax(decoder(tokens)))
PROMPT = list(b"look it up:")


def after(model, ids):
    """Log-probabilities at every position, without a cache."""
    padded = jnp.array([ids + [0] * (32 - len(ids))])
    return np.asarray(READ(model.decoder, padded))[0, : len(ids)]


def test_an_option_has_the_sum_of_its_tokens_in_the_full_pass(tiny):
    options = [f" {'abcdefghi'[: n + 1]}{n}" for n in range(OPTIONS + 1)]
    got = option_log_probs(tiny, PROMPT, options)
    for option, value in zip(options, got, strict=True):
        ids = tiny.tokenizer.encode(option)
        rows = after(tiny, PROMPT + ids)[len(PROMPT) - 1 :]
        want = sum(rows[at, token] for at, token in enumerate(ids))
        assert value == pytest.approx(want, abs=1e-3)


@pytest.mark.parametrize("options", [[], ["a", ""]])
def test_no_option_and_an_empty_one_are_refused(tiny, options):
    with pytest.raises(ValueError, match="none of them empty"):
        option_log_probs(tiny, PROMPT, options)


def test_words_are_the_greedy_ones_of_the_full_pass(tiny):
    words = ["one", "three", "thirty", "two"]
    got, tokens = write_confined(tiny, PROMPT, words, max_words=2)
    ids, left, written = list(PROMPT), list(words), []
    while len(written) < 2:
        part = b""
        while part.decode() not in [f" {word}" for word in left]:
            going = [f" {w}".encode()[len(part)] for w in left if f" {w}".encode().startswith(part)]
            ends = [tiny.tokenizer.eos_id] if written and not part else []
            row = after(tiny, ids)[-1]
            best = max(sorted({*going, *ends}), key=lambda token: row[token])
            if best in ends:
                break
            part += bytes([best])
            ids.append(best)
        if not part:
            break
        written.append(part.decode().strip())
        left.remove(written[-1])
    assert got.split() == written
    assert tokens == len(ids) - len(PROMPT)


def test_nothing_but_words_of_the_list_and_none_twice(tiny):
    words = ["ab", "abc", "b", "q"]
    said = write_confined(tiny, PROMPT, words, max_words=9)[0].split()
    assert said
    assert {*said} <= {*words}
    assert len({*said}) == len(said)


def test_no_word_and_no_room_are_refused(tiny):
    with pytest.raises(ValueError, match="one or more"):
        write_confined(tiny, PROMPT, [" "])
    with pytest.raises(ValueError, match="wanted 1 to"):
        write_confined(tiny, [], ["a"])


def test_it_begins_with_a_word_though_it_would_rather_end(tiny):
    """The likeliest token of all is the end here, and an empty query is none."""
    likeliest = int(after(tiny, PROMPT)[-1].argmax())
    ends = dataclasses.replace(tiny, tokenizer=Ends(likeliest))
    said, tokens = write_confined(ends, PROMPT, ["one"], max_words=1)
    assert (said, tokens) == ("one", 4)


class Ends(ByteTokenizer):
    """Takes another byte for the end."""

    def __init__(self, eos_id):
        self.end = eos_id

    @property
    def eos_id(self):
        return self.end
