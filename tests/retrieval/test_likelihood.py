"""The batched scores against one pass a passage, summed by hand in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.likelihood import PASSAGE, QUERY, query_log_probs

PASSAGES = ["The else clause of a loop runs when no break ended it.", "", "zip(a, b) " * 60, "café"]
SHORT = "what is else"
alone = jax.jit(lambda decoder, ids: decoder(ids))


@pytest.mark.parametrize(("query", "passages"), [(SHORT, PASSAGES), ("why " * 20, PASSAGES[:1])])
def test_each_passage_is_scored_as_it_is_alone(tiny, query, passages):
    encode = tiny.tokenizer.encode
    asked, want = encode(f" {query.strip()}"), []
    for passage in passages:
        row = [*encode(passage.strip())[:PASSAGE], *encode("\n\nQuestion:"), *asked]
        logits = np.asarray(alone(tiny.decoder, jnp.asarray([row])), np.float64)[0]
        chances = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        places = range(len(row) - len(asked), len(row))
        want.append(np.mean([chances[t - 1, row[t]] for t in places]))
    np.testing.assert_allclose(query_log_probs(tiny, query, passages), want, atol=1e-4)


def test_the_passage_is_cut_and_the_query_is_not(tiny):
    passage = "one two three " * 400
    kept = tiny.tokenizer.decode(tiny.tokenizer.encode(passage.strip())[:PASSAGE])
    long, cut = query_log_probs(tiny, SHORT, [passage, kept])
    assert float(long) == pytest.approx(float(cut), abs=1e-5)


@pytest.mark.parametrize("query", ["", "  \n", "word " * (QUERY + 40)])
def test_a_query_without_tokens_or_with_too_many_is_refused(tiny, query):
    with pytest.raises(ValueError, match=f"wanted 1 to {QUERY} tokens"):
        query_log_probs(tiny, query, PASSAGES)


def test_no_passages_have_no_scores(tiny):
    assert query_log_probs(tiny, SHORT, []).shape == (0,)
