"""The data of the two recorded jobs, a cheap part of each run again, and what they show."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx

from whiteboard.data import record
from whiteboard.data.atlas import atlas, in_the_format
from whiteboard.data.common_facts import COMMON_FACTS
from whiteboard.data.json_records import is_record, json_records
from whiteboard.lm import Decoder, DecoderConfig

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


TUNED = record("supervised_fine_tuning")["results"]
PRETRAINED = record("pretraining")["results"]


def test_records_state_their_sentences():
    for row in json_records(50) + json_records(50, new_words=True):
        assert is_record(row.json)
        assert all(str(v) in row.sentence for v in json.loads(row.json).values())


def test_new_words_stand_in_no_other_record():
    train, held_out = json_records(400), json_records(100, new_words=True)
    assert len({r.sentence for r in train}) == 400
    for field in ("name", "job", "city"):
        values = [{json.loads(r.json)[field] for r in part} for part in (train, held_out)]
        assert not values[0] & values[1]
    words = {word for r in train for word in json.loads(r.json)["name"].split()}
    assert not words & {w for r in held_out for w in json.loads(r.json)["name"].split()}


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here it is.",
        '{"name":"A B","age":"7","job":"poet","city":"Rome"}',
        '{"name": "A B", "age": 7, "job": "poet", "city": "Rome"}',
        '{"age":7,"name":"A B","job":"poet","city":"Rome"}',
        '{"name":"A B","age":7,"job":"poet","city":"Rome","city":"Rome"}',
        '{"name":"A B","age":7,"job":"poet","city":"Rome"} ok',
        "[1]",
    ],
)
def test_other_text_is_no_record(text):
    assert is_record('{"name":"A B","age":7,"job":"poet","city":"Rome"}')
    assert not is_record(text)


def test_places_are_distinct_and_their_answers_in_the_format():
    places = atlas(200)
    assert len({p.name for p in places}) == len({p.capital for p in places}) == 200
    assert all(in_the_format(p.answer) for p in places)
    assert all(p.name in s and p.capital in s for p in places for s in p.sentences)
    for text in ('{"capital":""}', '{"capital":"Bo"', 'x{"capital":"Bo"}', '{"capital":"B"o"}'):
        assert not in_the_format(text)


def test_facts_are_single_beginnings():
    assert len(dict(COMMON_FACTS)) == len(COMMON_FACTS)
    assert all(a[-1] != " " and b[0] == " " for a, b in COMMON_FACTS)


def test_the_first_losses_of_fine_tuning_are_as_recorded(smollm2, jobs):
    """New adapters change nothing, so the base model's losses are the recorded first ones."""
    job = jobs("supervised_fine_tuning")

    def mean(batches):
        totals = np.sum([job.sums(smollm2.decoder, b) for b in batches], axis=0)
        return float(totals[0] / totals[2])

    first, sets = job.batches(smollm2.tokenizer)[0], job.measured_sets(smollm2.tokenizer)
    got = {name: mean(sets[name]) for name in ("held out", "facts")}
    first_loss = mean([first])
    for run in TUNED["runs"].values():
        assert {name: run["measured"]["0"][name] for name in got} == pytest.approx(got, abs=0.01)
        assert run["training"][0] == pytest.approx(first_loss, abs=0.01)


def test_adapters_alone_are_trained(smollm2, jobs):
    job = jobs("supervised_fine_tuning")
    adapters = nnx.state(job.adapted(smollm2.decoder), nnx.LoRAParam)
    assert (
        sum(x.size for x in jax.tree.leaves(adapters))
        == TUNED["conditions"]["trained_weights"]
        == 460_800
    )


def test_fine_tuning_took_the_format_from_none_to_all():
    run = TUNED["runs"]["LoRA"]["measured"]
    last = str(TUNED["conditions"]["steps"])
    for of in ("held out", "new words"):
        assert run["0"][f"{of}, in the format"] == run["0"][f"{of}, right"] == 0
        assert is_record(run[last][f"{of}, sample"][1])
    assert run[last]["held out, in the format"] == TUNED["conditions"]["held_out"] == 24
    hot = TUNED["runs"]["LoRA, ten times the rate"]["measured"]
    assert hot[last]["topics"] > run[last]["topics"] > run["0"]["topics"]


def test_pretraining_begins_as_recorded(jobs):
    _, losses = jobs("pretraining").pretrained(20)
    np.testing.assert_allclose(losses, PRETRAINED["pretraining"][:20], atol=0.01)
    assert losses[0] == pytest.approx(np.log(256), abs=0.05)


def test_held_out_topics_are_not_trained_on(jobs):
    job = jobs("pretraining")
    kept, held_out = (set(map(bytes, job.windows(text))) for text in job.topics())
    assert len(kept & held_out) < 0.01 * len(held_out)  # a line of dashes stands in many topics
    told = {p.name for p in job.TOLD}
    assert not told & {p.name for p in job.UNTOLD + job.NEW}


def test_an_untrained_decoder_measures_as_recorded(jobs):
    blank = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    got = jobs("pretraining").measure(blank)
    want = PRETRAINED["stages"]["random weights"]
    assert got["recalled"] == want["recalled"] == 0
    assert got["topics"] == pytest.approx(want["topics"], abs=0.01)


@pytest.mark.slow
def test_fine_tuning_again_gives_the_recorded_figures(smollm2, jobs):
    got = jobs("supervised_fine_tuning").run(smollm2, TUNED["runs"]["LoRA"]["rate"])
    want = TUNED["runs"]["LoRA"]
    np.testing.assert_allclose(got["training"], want["training"], atol=0.05)
    last = str(TUNED["conditions"]["steps"])
    assert got["measured"][last]["held out, in the format"] >= 23
    for name in ("held out", "new words", "topics", "facts"):
        assert got["measured"][last][name] == pytest.approx(want["measured"][last][name], abs=0.05)


@pytest.mark.slow
def test_pretraining_again_gives_the_recorded_figures(jobs):
    job = jobs("pretraining")
    base, losses = job.pretrained()
    assert np.mean(losses[-50:]) == pytest.approx(
        np.mean(PRETRAINED["pretraining"][-50:]), abs=0.03
    )
    got, want = job.measure(base), PRETRAINED["stages"]["pre-trained"]
    assert got["topics"] == pytest.approx(want["topics"], abs=0.05)
    assert abs(got["recalled"] - want["recalled"]) <= 2
