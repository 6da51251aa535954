"""The judges' scores: the record is run again in part, and thresholds are by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from whiteboard.data import record
from whiteboard.data.judged_statements import judged_statements
from whiteboard.evaluation.statement_judge import (
    label_log_odds,
    question,
    share_in_order,
    similarity,
    tuned_threshold,
)

RESULTS = record("statement_judges")["results"]


def test_a_few_of_the_recorded_scores_again(smollm2):
    """Three statements with and without their passage, in a batch of any others."""
    found = RESULTS["log_odds"]["is it right"]
    statements, rows = judged_statements(), (4, 41, 95)
    asked = [(statements[r].passage, statements[r].text) for r in rows]
    asked += [("N/A", statements[r].text) for r in rows] + [("N/A", "N/A.")]
    got = label_log_odds(smollm2, [question(smollm2.tokenizer, *pair) for pair in asked])
    want = [found["with_passage"][r] for r in rows] + [found["without_passage"][r] for r in rows]
    np.testing.assert_allclose(got, [*want, found["without_either"]], atol=0.02)


@pytest.mark.slow
def test_all_scores_of_the_chosen_prompt_again(smollm2):
    pairs = [(each.passage, each.text) for each in judged_statements()]
    got = label_log_odds(smollm2, [question(smollm2.tokenizer, *pair) for pair in pairs])
    want = RESULTS["log_odds"][RESULTS["chosen"]]["with_passage"]
    np.testing.assert_allclose(got, want, atol=0.02)


def test_labels_that_begin_alike_are_refused(smollm2):
    with pytest.raises(ValueError, match="begin with the same token"):
        label_log_odds(smollm2, [[1]], "Yes", "Yes")


def test_the_prompt_was_chosen_on_the_development_half():
    rows = RESULTS["in_order_on_development"]
    assert max(rows, key=lambda name: rows[name]["less prior"]) == RESULTS["chosen"]
    assert RESULTS["chosen"] == "is it right"
    statements = judged_statements()
    half = np.array([each.half == "development" for each in statements])
    labels = jnp.array([each.supported for each in statements])[half]
    for name, found in RESULTS["log_odds"].items():
        odds = jnp.array(found["with_passage"]) - jnp.array(found["without_passage"])
        in_order = share_in_order(odds[half], labels)
        assert in_order == pytest.approx(rows[name]["less prior"], abs=0.006)


def test_similarity_is_the_nearest_sentence(minilm):
    passage = "Cats sleep all day. Interest rates rose in May."
    pairs = [(passage, "The central bank raised interest rates."), (passage, "A cat sleeps.")]
    got = similarity(minilm, pairs)
    vectors = minilm.encode(["Interest rates rose in May.", pairs[0][1]])
    assert got[0] == pytest.approx(float(vectors[0] @ vectors[1]), abs=1e-5)
    assert got[1] > 0.6


def test_the_threshold_gets_the_most_right():
    scores = jnp.array([0.1, 0.9, 0.4, 0.6, 0.2])
    labels = jnp.array([False, True, True, True, False])
    assert tuned_threshold(scores, labels) == pytest.approx(0.3)
    assert tuned_threshold(scores, jnp.ones(5, bool)) < 0.1
    assert tuned_threshold(scores, jnp.zeros(5, bool)) >= 0.9


def test_order_is_the_mann_whitney_statistic():
    draw = np.random.default_rng(3)
    scores, labels = draw.integers(7, size=50), draw.random(50) < 0.4
    want = mannwhitneyu(scores[labels], scores[~labels]).statistic
    got = share_in_order(jnp.asarray(scores, jnp.float32), jnp.asarray(labels))
    assert got == pytest.approx(want / labels.sum() / (~labels).sum(), abs=1e-6)
