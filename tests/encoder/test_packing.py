"""Several texts in a row: each whole, once, and as if it stood alone."""

import dataclasses

import jax
import numpy as np
import pytest
from flax import nnx
from hypothesis import given
from hypothesis import strategies as st

from whiteboard.encoder import EncoderConfig, TextEncoder
from whiteboard.encoder.model import embed, embed_packed
from whiteboard.encoder.packing import LENGTHS, ROWS, SHORT, TOKENS, PackedTexts, pack

RNG = np.random.default_rng(0)


def texts(*lengths: int) -> list[list[int]]:
    return [RNG.integers(1, 101, length).tolist() for length in lengths]


def found(batch: PackedTexts) -> dict[int, list[int]]:
    """The texts of a batch, read back by their places."""
    places = zip(batch.texts, *batch.at, strict=True)
    return {n: batch.ids[row][batch.owners[row] == slot].tolist() for n, row, slot in places}


@given(st.lists(st.integers(1, 512), max_size=60))
def test_every_text_is_there_once_and_whole(lengths):
    given = texts(*lengths)
    batches = list(pack(given))
    back = [item for batch in batches for item in found(batch).items()]
    assert sorted(back) == list(enumerate(given))
    for batch in batches:
        rows, time = batch.ids.shape
        assert rows in ROWS
        assert time in (*SHORT, *LENGTHS)
        assert rows * time <= TOKENS
        assert (batch.owners >= 0).sum() == sum(len(given[n]) for n in batch.texts)
        for row, owners in zip(batch.positions, batch.owners, strict=True):
            for slot in range(owners.max() + 1):
                place = row[owners == slot]
                assert place.tolist() == list(range(len(place)))


def test_little_is_padding():
    """Sentences' lengths, and chunks': a fifth of a batch of like lengths would be padding."""
    for mean in (40, 110):
        lengths = np.clip(RNG.poisson(mean, 500) + RNG.integers(-mean // 2, mean // 2, 500), 2, 256)
        batches = list(pack(texts(*lengths)))
        assert lengths.sum() / sum(batch.ids.size for batch in batches) > 0.8


@pytest.mark.parametrize(("lengths", "shapes"), [
    ([9], [(1, 16)]),
    ([9, 20], [(1, 32)]),
    ([64], [(1, 64)]),
    ([65], [(1, 128)]),
    ([200, 50, 7], [(1, 256), (1, 128)]),
    ([300], [(1, 512)]),
    ([2] * 17, [(4, 64)]),
    ([], []),
])  # fmt: skip
def test_shapes(lengths, shapes):
    assert [batch.ids.shape for batch in pack(texts(*lengths))] == shapes


@pytest.mark.parametrize("length", [0, 513])
def test_a_text_that_fits_no_row(length):
    with pytest.raises(ValueError, match=f"text 1: wanted 1 to 512 tokens, got {length}"):
        list(pack([[1], [1] * length]))


# The vectors


@pytest.fixture(scope="module")
def module() -> TextEncoder:
    return TextEncoder(EncoderConfig.tiny(), rngs=nnx.Rngs(3))


def apart(module: TextEncoder, batch: PackedTexts, alone: list[list[int]]) -> float:
    vectors = np.asarray(embed_packed(module, batch.ids, batch.owners, batch.positions))
    want = [np.asarray(embed(module, np.array([ids]), np.array([len(ids)])))[0] for ids in alone]
    return max(
        np.abs(vectors[row, slot] - want[n]).max()
        for n, row, slot in zip(batch.texts, *batch.at, strict=True)
    )


def test_a_packed_text_has_the_vector_that_it_has_alone(module):
    alone = texts(9, 2, 17, 1, 11)
    (batch,) = pack(alone)
    assert batch.ids.shape == (1, 64)
    assert apart(module, batch, alone) < 1e-6


@pytest.mark.parametrize(("field", "wrong"), [
    ("owners", lambda batch: np.minimum(batch.owners, 0)),
    ("positions", lambda batch: np.arange(64)[None] % 23),
])  # fmt: skip
def test_texts_that_see_each_other_or_count_on_are_noticed(module, field, wrong):
    alone = texts(9, 2, 17, 1, 11)
    (batch,) = pack(alone)
    spoilt = dataclasses.replace(batch, **{field: wrong(batch)})
    assert apart(module, spoilt, alone) > 1e-3


def test_free_slots_are_zero(module):
    (batch,) = pack(texts(9))
    vectors = jax.device_get(embed_packed(module, batch.ids, batch.owners, batch.positions))
    assert np.linalg.norm(vectors[0], axis=1).round(5).tolist() == [1, 0]
