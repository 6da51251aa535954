"""Preference pairs on a decoder: what is scored, the reference, what training moves, the job."""

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from whiteboard.adaptation.lora import add_lora
from whiteboard.data import record
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.preference_training import (
    dpo_objective,
    pair_log_probs,
    preference_pairs,
    with_reference,
)
from whiteboard.training.step import fit

JOB = "preference_training"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RECORDED = record("preference_training")["results"]
TRIPLES = [([3, 1, 4], [1, 5], [9, 2, 6]), ([5, 3], [5, 8, 9], [7])]
beta_tenth = partial(dpo_objective, beta=0.1)


@pytest.fixture
def decoder():
    return Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))


@pytest.fixture
def pairs(decoder):
    return with_reference(decoder, preference_pairs(TRIPLES, time=7), batch=1)


def test_prompt_then_answer_then_padding():
    pairs = preference_pairs(TRIPLES, time=7)
    assert pairs.tokens[0].tolist() == [[3, 1, 4, 1, 5, 0, 0], [3, 1, 4, 9, 2, 6, 0]]
    assert pairs.answer[1].astype(int).tolist() == [[0, 0, 1, 1, 1, 0, 0], [0, 0, 1, 0, 0, 0, 0]]
    assert jnp.isnan(pairs.reference).all()


@pytest.mark.parametrize("triple", [([], [1], [2]), ([1], [], [2]), ([1, 2, 3, 4], [5], [6, 7])])
def test_what_does_not_fit_is_refused(triple):
    with pytest.raises(ValueError, match="pair 1: wanted a prompt and an answer of 5 tokens"):
        preference_pairs([([1], [2], [3]), triple], time=5)


def test_an_answer_is_scored_as_if_alone(decoder, pairs):
    """No padding, no batch: log softmax of each token, summed over the answer's."""
    for row, (prompt, *answers) in enumerate(TRIPLES):
        for column, answer in enumerate(answers):
            ids = [*prompt, *answer]
            log_p = np.asarray(jax.nn.log_softmax(decoder(jnp.array([ids]))[0]))
            want = sum(log_p[t - 1, ids[t]] for t in range(len(prompt), len(ids)))
            assert pairs.reference[row, column] == pytest.approx(want, abs=1e-4)


def test_the_first_loss_is_log_2_and_the_second_term_is_the_chosen_answers_cost(decoder, pairs):
    assert beta_tenth(decoder, pairs) == pytest.approx(np.log(2), abs=1e-6)
    cost = -float((pairs.reference[:, 0] / jnp.array([2, 3])).mean())
    with_cost = dpo_objective(decoder, pairs, beta=0.1, nll_weight=0.5)
    assert with_cost == pytest.approx(np.log(2) + 0.5 * cost, abs=1e-5)


def test_training_moves_the_adapters_alone_and_widens_the_gap(decoder, pairs):
    kernel = decoder.layers[1].attention.q_proj.kernel[...].copy()
    add_lora(decoder, rank=2, alpha=4.0, rngs=nnx.Rngs(1))
    losses = fit(
        decoder, [pairs] * 20, loss=beta_tenth, optimizer=optax.adam(1e-2), wrt=nnx.LoRAParam
    )
    assert losses[0] == pytest.approx(np.log(2), abs=1e-6)
    assert losses[-1] < losses[10] < losses[0]
    gaps = [x @ jnp.array([1.0, -1.0]) for x in (pairs.reference, pair_log_probs(decoder, pairs))]
    assert (gaps[1] > gaps[0]).all()
    projection = decoder.layers[1].attention.q_proj
    assert (projection.base.kernel[...] == kernel).all()
    assert (projection.b[...] != 0).any()


def test_held_out_people_are_new_in_every_field(job):
    train, new = (list(zip(*each)) for each in job.people())
    assert [set(a) & set(b) for a, b in zip(train, new)] == [set(), set(), set()]


def test_the_recorded_shares_are_those_of_the_recorded_samples(job):
    _, new = job.people()
    for run in RECORDED["runs"].values():
        for row in run["watched"]:
            assert len(row["samples"]) == len(new)
            for name, form in (("yaml", job.yaml), ("json", job.json)):
                right = sum(text == form(p) for text, p in zip(row["samples"], new))
                assert row[name] == right / len(new)


def test_the_model_before_any_training_scores_the_pairs_as_recorded(job, smollm2):
    _, new = job.people()
    pairs = with_reference(smollm2.decoder, job.pairs_of(smollm2, new), batch=4)
    np.testing.assert_allclose(pairs.reference.mean(axis=0), RECORDED["untrained"], atol=0.05)


@pytest.mark.slow
def test_the_job_starts_as_recorded(job, monkeypatch):
    """SFT and the first steps of DPO: the later ones differ by processor."""
    monkeypatch.setattr(job, "DPO_STEPS", 2)
    monkeypatch.setattr(job, "RUNS", {"DPO": 0.0})
    got = job.compute()
    assert np.mean(got["sft_loss"][-8:]) == pytest.approx(
        np.mean(RECORDED["sft_loss"][-8:]), abs=0.03
    )
    losses = got["runs"]["DPO"]["loss"]
    np.testing.assert_allclose(losses, RECORDED["runs"]["DPO"]["loss"][:2], atol=0.05)
