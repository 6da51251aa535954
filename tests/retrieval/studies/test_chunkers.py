"""One pipeline for all strategies: ranks, what is handed over, and when nobody is ahead."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.data import python_queries, python_topics, record
from whiteboard.data.queries import places
from whiteboard.retrieval.coverage import TokenCounts, coverage, without_copies
from whiteboard.retrieval.studies.chunkers import STRATEGIES, ChunkStudy, not_beaten

NAMES = ("raise", "try", "assert", "del")


@pytest.fixture(scope="module")
def study(minilm):
    documents = {name: python_topics()[name] for name in NAMES}
    inside = [
        query
        for query in python_queries()
        if all(list(places(span.text, documents)) for span in query.spans)
    ]
    return ChunkStudy(documents, inside, minilm, minilm.encode)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_outcome_is_that_of_a_loop(study, strategy):
    """One query at a time: cosine, the order, the passages, and their coverage."""
    cut = STRATEGIES[strategy](study.documents, 300, study.encode)
    outcome = study.outcome(cut, k=3, budget=150)
    children = cut.children if strategy == "small to big" else cut
    vectors = np.asarray(study.encode([child.text for child in children]), np.float64)
    for row, query in enumerate(study.queries):
        scores = vectors @ np.asarray(study.encode([query.text]), np.float64)[0]
        ranked = np.argsort(-scores)
        if strategy == "small to big":
            passages = list(dict.fromkeys(cut.parents[cut.parent_of[n]] for n in ranked))
        else:
            passages = [cut[n] for n in ranked]
        answers = [list(places(span.text, study.documents)) for span in query.spans]
        recall, precision = coverage(answers, passages[:3])
        np.testing.assert_allclose(outcome.recall[row], recall, rtol=1e-6)
        np.testing.assert_allclose(outcome.precision[row], precision, rtol=1e-6)
        assert outcome.tokens[row] == sum(study.counts.tokens(p) for p in passages[:3])
        paid = study.counts.within(passages, 150)
        np.testing.assert_allclose(outcome.at_budget[row], coverage(answers, paid)[0], rtol=1e-6)


def test_whole_documents_have_all_of_the_answer(study):
    outcome = study.outcome(STRATEGIES["structure"](study.documents, 10**6, study.encode), k=9)
    assert outcome.recall.tolist() == [1.0] * len(study.queries)
    assert (outcome.precision < 0.2).all()


def test_the_best_is_not_beaten_and_what_is_close_to_it_is_not_either():
    base = jnp.tile(jnp.array([1.0, 1, 0, 1, 0]), 20)
    values = {"best": base, "close": base.at[0].set(0.0), "far": jnp.zeros(100)}
    assert not_beaten(values) == {"best", "close"}
    assert not_beaten({"alone": base}) == {"alone"}


def test_the_record_holds_every_strategy_and_the_chunks_of_today(minilm):
    """What can be counted without encoding, counted again."""
    results = record("chunking")["results"]
    rows = {(row["strategy"], row["size"]): row for row in results["rows"]}
    assert {strategy for strategy, _ in rows} == set(STRATEGIES)
    assert results["kinds"] == [query.kind for query in python_queries()]
    assert {len(row) for row in results["recall_at_budget"]} == {len(python_queries())}
    documents = without_copies(python_topics())
    counts = TokenCounts(documents, minilm.tokenizer)
    for strategy in ("fixed", "sentence", "structure"):
        chunks = STRATEGIES[strategy](documents, 600, lambda texts: jnp.zeros((len(texts), 1)))
        tokens = [counts.tokens(chunk) for chunk in chunks]
        row = rows[strategy, 600]
        assert (row["indexed"], row["too_long"]) == (len(chunks), sum(n > 254 for n in tokens))
        assert row["mean_tokens"] == round(np.mean(tokens), 1)


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "size"), [("fixed", 600), ("structure", 300)])
def test_a_row_of_the_record_again(minilm, strategy, size):
    results = record("chunking")["results"]
    (row,) = [r for r in results["rows"] if (r["strategy"], r["size"]) == (strategy, size)]
    documents = without_copies(python_topics())
    study = ChunkStudy(documents, python_queries(), minilm, minilm.encode)
    outcome = study.outcome(STRATEGIES[strategy](documents, size, minilm.encode))
    for name in ("recall", "precision", "at_budget"):
        assert abs(float(getattr(outcome, name).mean()) - row[name]) < 0.01
    assert abs(float(outcome.tokens.mean()) - row["tokens"]) < 5
