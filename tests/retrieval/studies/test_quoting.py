"""The likelihood of a quotation against a plain pass of the whole text."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.studies.quoting import LONGEST, quote_log_prob


def test_a_quotation_is_scored_as_in_one_plain_pass(tiny):
    text = "one passage\n\ntwo\n\nQuestion: which?\nAnswer, quoted from the documentation:\ntwo"
    ids = jnp.array([tiny.tokenizer.encode(text)])
    chances = jax.nn.log_softmax(tiny.decoder(ids))[0]
    want = np.mean([chances[at - 1, ids[0, at]] for at in range(ids.shape[1] - 3, ids.shape[1])])
    got = quote_log_prob(tiny, [" one passage\n", "two"], "which?", "two")
    assert got == pytest.approx(want, abs=1e-4)


def test_only_the_first_tokens_of_a_long_quotation_count(tiny):
    long = "a line of words that goes on and on and on, " * 3
    assert len(long) > LONGEST
    first, whole = (quote_log_prob(tiny, [], "q", text) for text in (long[:LONGEST], long))
    assert whole == pytest.approx(first, abs=1e-5)


def test_a_prompt_without_passages_has_none(tiny):
    assert quote_log_prob(tiny, [], "q", "a") != quote_log_prob(tiny, ["a a a"], "q", "a")


@pytest.mark.parametrize(("passages", "quotation"), [([], ""), (["long " * 2000], "a")])
def test_what_cannot_be_scored_is_refused(tiny, passages, quotation):
    with pytest.raises(ValueError, match="give words to quote, and fewer passages"):
        quote_log_prob(tiny, passages, "q", quotation)
