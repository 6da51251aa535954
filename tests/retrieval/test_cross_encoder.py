"""The forward pass against transformers, padding that means nothing, and a loss that falls."""

import importlib.util
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from whiteboard.encoder import EncoderConfig, TextEncoder
from whiteboard.retrieval.cross_encoder import (
    CrossEncoder,
    Groups,
    cross_scores,
    listwise_loss,
    pair_rows,
)
from whiteboard.training.step import fit

REFERENCES = Path(__file__).parents[1] / "references"
STORED = dict(np.load(REFERENCES / "cross_encoder.npz"))


@pytest.fixture(scope="module")
def inputs():
    spec = importlib.util.spec_from_file_location("inputs", REFERENCES / "cross_encoder.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(inputs, minilm):
    made = CrossEncoder(minilm.module, rngs=nnx.Rngs(0))
    weight, bias = inputs.head()
    made.head.kernel[...] = jnp.asarray(weight)[:, None]
    made.head.bias[...] = jnp.asarray(bias)
    return made


@pytest.mark.parametrize("length", [256, 48])
def test_scores_are_those_of_transformers(inputs, model, minilm, length):
    got = cross_scores(model, minilm, inputs.pairs(), length=length)
    np.testing.assert_allclose(got, STORED[f"scores {length}"], atol=2e-4)


@pytest.mark.parametrize("length", [256, 48])
def test_tokens_are_those_of_transformers(inputs, minilm, length):
    """`truncation="only_second"`: ids, segments, and how many there are."""
    rows = pair_rows(minilm.tokenizer, inputs.pairs(), length)
    counts = STORED[f"attention_mask {length}"].sum(1)
    assert [row.shape[1] for row in rows] == counts.tolist()
    for number, (ids, segments) in enumerate(rows):
        assert ids.tolist() == STORED[f"input_ids {length}"][number, : len(ids)].tolist()
        assert segments.tolist() == STORED[f"token_type_ids {length}"][number, : len(ids)].tolist()


def tiny_groups(seed: int = 0, groups: int = 3, documents: int = 4, time: int = 13) -> Groups:
    draw = np.random.default_rng(seed)
    ids = draw.integers(3, EncoderConfig.tiny().vocab_size, (groups * documents, time))
    lengths = draw.integers(8, time + 1, groups * documents)
    starts = draw.integers(3, 7, groups * documents)
    absent = np.zeros((groups, documents), bool)
    absent[0, 3] = True
    return Groups(ids.astype(np.int32), lengths.astype(np.int32), starts.astype(np.int32), absent)


def tiny() -> CrossEncoder:
    return CrossEncoder(TextEncoder(EncoderConfig.tiny(), rngs=nnx.Rngs(1)), rngs=nnx.Rngs(0))


def test_padding_changes_no_score():
    """Other ids behind the pair, and more of them: the same score."""
    made, groups = tiny(), tiny_groups()
    want = made(*map(jnp.asarray, groups[:3]))
    there = np.arange(19)[None] < groups.lengths[:, None]
    wider = np.pad(groups.ids, ((0, 0), (0, 6)))
    other = jnp.asarray(np.where(there, wider, 7))
    np.testing.assert_allclose(made(other, *map(jnp.asarray, groups[1:3])), want, atol=1e-5)


def test_both_texts_and_where_they_part_count():
    made, groups = tiny(), tiny_groups()
    want = np.asarray(made(*map(jnp.asarray, groups[:3])))
    for place in (1, 7):
        ids = groups.ids.copy()
        ids[:, place] = (ids[:, place] + 1) % 50
        moved = np.asarray(made(jnp.asarray(ids), *map(jnp.asarray, groups[1:3])))
        assert (np.abs(moved - want) > 1e-6).all()
    parted = made(*map(jnp.asarray, (groups.ids, groups.lengths, groups.documents + 1)))
    assert (np.abs(np.asarray(parted) - want) > 1e-6).all()


def test_the_loss_is_the_definition_and_absent_documents_do_not_count():
    made, groups = tiny(), tiny_groups()
    scores = np.asarray(made(*map(jnp.asarray, groups[:3])), np.float64).reshape(3, 4)
    rows = [row[~absent] for row, absent in zip(scores, groups.absent, strict=True)]
    want = np.mean([np.log(np.exp(row).sum()) - row[0] for row in rows])
    assert float(listwise_loss(made, groups)) == pytest.approx(want, rel=1e-5)


def test_training_puts_the_answers_first():
    made, groups = tiny(), tiny_groups()
    before = made.encoder.layers[0].up.kernel[...].copy()
    losses = fit(made, [groups] * 60, loss=listwise_loss, optimizer=optax.adam(1e-2))
    scores = np.asarray(made(*map(jnp.asarray, groups[:3]))).reshape(3, 4)
    assert losses[-1] < 0.2 * losses[0]
    assert (np.where(groups.absent, -np.inf, scores).argmax(1) == 0).all()
    assert not jnp.array_equal(before, made.encoder.layers[0].up.kernel[...])


def test_the_bi_encoder_keeps_its_weights():
    start = TextEncoder(EncoderConfig.tiny(), rngs=nnx.Rngs(1))
    before = start.layers[0].up.kernel[...].copy()
    fit(
        CrossEncoder(start, rngs=nnx.Rngs(0)),
        [tiny_groups()] * 2,
        loss=listwise_loss,
        optimizer=optax.adam(1e-2),
    )
    np.testing.assert_array_equal(before, start.layers[0].up.kernel[...])
