"""Scores by hand; the real model's answers against plain passes, and against the record."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.data import record
from whiteboard.retrieval.studies.depth_trials import NAMES, TEMPLATES, Trials
from whiteboard.retrieval.studies.lost_in_the_middle import (
    from_record,
    read_list,
    score,
    sweep,
    to_record,
)

JOB = "lost_in_the_middle"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RECORDED = record("lost_in_the_middle")["results"]
SWEEPS = ("plain", "chat", "asked twice", "20 lines", "10 lines", "5 lines")


@pytest.fixture
def by_hand():
    """One list of four codes, its first and last line asked for; the model likes 99 and 20."""
    trials = Trials(*(np.array([row]) for row in ([0, 1, 2, 3], [10, 20, 30, 40], [0, 3])))
    chances = np.full((1, 2, 100), -9.0)
    chances[0, :, 20], chances[0, 0, 99] = -3, -1  # 99 is not in the list
    chances[0, 0, 10], chances[0, 1, 40] = -2, -4
    return trials, jnp.asarray(chances)


def test_scores_by_hand(by_hand):
    trials, chances = by_hand
    got = score(chances, trials)
    assert got.hits.tolist() == [[False, False]]
    assert got.picks.tolist() == [[0, 1]]
    assert got.log_probs.tolist() == [[-2, -4]]
    assert got.best_of_four.tolist() == [[True, False]]


def test_choices_make_wrong_answers_right(by_hand):
    """The same answers score more when choices are offered: so chance has to be told."""
    got = score(by_hand[1], by_hand[0])
    assert got.best_of_four.sum() > got.hits.sum()


def test_a_record_holds_the_sweep(by_hand):
    result = score(by_hand[1], by_hand[0])
    again = from_record(json.loads(json.dumps(to_record(result))))
    for ours, theirs in zip(result, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype.kind == theirs.dtype.kind


@pytest.mark.parametrize("name", ["plain", "asked twice"])
def test_a_code_is_as_likely_as_in_one_plain_pass(smollm2, job, name):
    trials, template = job.trials_of(name, 1), TEMPLATES[name]
    if template.asks_first:  # each depth is a prompt of its own
        trials = trials._replace(answers=trials.answers[:, 1:2])
    got = read_list(smollm2, template, trials, 0)
    line = trials.answers[0, -1]
    asked, code = NAMES[trials.names[0, line]], trials.codes[0, line]
    text = template.context(trials, 0, asked) + template.ask.format(name=asked) + str(code)
    ids = smollm2.tokenizer.encode(text, special=True)
    chances = jax.nn.log_softmax(jax.jit(lambda d, x: d(x))(smollm2.decoder, jnp.array([ids]))[0])
    want = chances[-3, ids[-2]] + chances[-2, ids[-1]]
    np.testing.assert_allclose(got[-1, code], want, atol=1e-3)


def test_the_first_lists_are_as_recorded(smollm2, job):
    got, want = sweep(smollm2, TEMPLATES["plain"], job.trials_of("plain", 2)), RECORDED["plain"]
    want = from_record({name: rows[:2] for name, rows in want.items() if name in got._fields})
    np.testing.assert_allclose(got.log_probs, want.log_probs, atol=0.02)
    assert (got.hits == want.hits).mean() > 0.9


@pytest.mark.parametrize("name", SWEEPS)
def test_a_record_agrees_with_itself(job, name):
    """Hits are named lines, and every depth has its 30 trials and more."""
    result, trials = from_record(RECORDED[name]), job.trials_of(name)
    assert result.hits.shape == trials.answers.shape
    assert len(result.hits) >= 30
    assert (result.picks[result.hits] == trials.answers[result.hits]).all()
    assert result.best_of_four[result.hits].all()
    assert (result.log_probs <= 0).all()


def test_the_first_quotations_are_as_recorded(smollm2, job):
    """What the model says without any passage: the cheap part of that job."""
    recorded = RECORDED["passages"]
    answers = {q.text: q.spans[0].text for q in job.python_queries(*job.ONE_ANSWER)}
    assert 30 <= len(recorded["queries"]) == len(recorded["none"].split())
    for text, want in list(zip(recorded["queries"], recorded["none"].split(), strict=True))[:3]:
        got = job.quote_log_prob(smollm2, [], text, answers[text])
        assert got == pytest.approx(float(want), abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_again_gives_the_recorded_one(smollm2, job, name):
    again, recorded = (from_record(rows) for rows in (job.swept(name, smollm2), RECORDED[name]))
    np.testing.assert_allclose(again.log_probs, recorded.log_probs, atol=0.03)
    assert (again.hits == recorded.hits).mean() > 0.98


@pytest.mark.slow
def test_passages_again_give_the_recorded_quotations(smollm2, job):
    again, recorded = job.quoted(smollm2), RECORDED["passages"]
    assert again["queries"] == recorded["queries"]
    for name in (*job.ORDERS, "shuffled", "best two only", "none"):
        got, want = (np.array(rows[name].split(), float) for rows in (again, recorded))
        np.testing.assert_allclose(got, want, atol=0.02)
