"""The bounds of both loops against the mask itself, position by position."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.flash_attention_tiles import (
    Tile,
    pad_time,
    seeing_blocks,
    visible,
    visible_blocks,
)

TILES = (Tile(16, 32), Tile(32, 16), Tile(16, 16))
LENGTHS = ((64, 64), (64, 96), (29, 83), (83, 29))


def whole_mask(tile, time, source, causal):
    """What real queries see of real keys, cut into tiles of both axes."""
    seen = np.ones((time, source), bool)
    if causal:
        seen = np.asarray(causal_mask(time, source)[0, 0])
    seen = np.pad(seen, ((0, -time % tile.queries), (0, -source % tile.keys)))
    blocks = len(seen) // tile.queries, seen.shape[1] // tile.keys
    return seen.reshape(blocks[0], tile.queries, blocks[1], tile.keys).swapaxes(1, 2)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("tile", TILES)
def test_each_block_reads_what_it_sees_and_no_more(tile, lengths, causal):
    time, source = lengths
    mask = whole_mask(tile, time, source, causal)
    shape = {"tile": tile, "time": time, "source": source, "causal": causal}
    some = mask.any((2, 3))
    for i, blocks in enumerate(mask):
        whole, end = (int(x) for x in visible_blocks(i, **shape))
        assert end == some[i].sum()
        rows = min(tile.queries, time - i * tile.queries)
        assert whole == blocks[:, :rows].all((1, 2)).sum()
    for j in range(mask.shape[1]):
        first, whole = (int(x) for x in seeing_blocks(j, **shape))
        seeing = np.flatnonzero(some[:, j])
        assert first <= (seeing[0] if len(seeing) else len(mask))
        assert not some[:first, j].any()
        assert first <= whole <= len(mask)
        keys = min(tile.keys, source - j * tile.keys)
        for i in range(whole, len(mask)):
            rows = min(tile.queries, time - i * tile.queries)
            assert mask[i, j, :rows, :keys].all()


@pytest.mark.parametrize("tile", TILES)
def test_the_mask_of_a_tile_is_that_part_of_the_mask(tile):
    time, source = 29, 83
    mask = whole_mask(tile, time, source, causal=True)
    for i, j in np.ndindex(mask.shape[:2]):
        got = np.asarray(visible(i, j, tile=tile, time=time, source=source, causal=True))
        rows = min(tile.queries, time - i * tile.queries)
        np.testing.assert_array_equal(got[:rows], mask[i, j, :rows])


@pytest.mark.parametrize("size", [8, 48, 0])
def test_a_size_that_no_kernel_takes_is_refused(size):
    with pytest.raises(ValueError, match=f"keys: wanted a power of two .* got {size}"):
        Tile(16, size)


def test_padding_adds_zeros_after_the_last_position():
    x = jnp.ones((2, 5, 3))
    padded = pad_time(x, 4)
    assert padded.shape == (2, 8, 3)
    assert padded.sum() == x.sum()
    np.testing.assert_array_equal(padded[:, :5], x)
    assert pad_time(padded, 4) is padded
