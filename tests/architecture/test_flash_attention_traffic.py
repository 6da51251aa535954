"""Counts by hand, and XLA's own count of the products."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.flash_attention_tiles import Tile
from whiteboard.architecture.flash_attention_traffic import (
    attention_flops,
    flash_bytes,
    score_matrix_bytes,
    standard_bytes,
)

TIME, WIDTH = 97, 13


def cost(name, function, *shapes):
    arrays = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    return jax.jit(function).lower(*arrays).compile().cost_analysis()[name]


def test_operations_are_those_of_the_compiled_products():
    scores = cost("flops", lambda q, k: q @ k.T, (TIME, WIDTH), (TIME, WIDTH))
    mix = cost("flops", lambda w, v: w @ v, (TIME, TIME), (TIME, WIDTH))
    assert attention_flops(time=TIME, head_dim=WIDTH, causal=False) == scores + mix
    assert attention_flops(time=TIME, head_dim=WIDTH) == (scores + mix) / 2


def test_standard_bytes_are_what_the_compiled_stages_access():
    scores = cost("bytes accessed", lambda q, k: q @ k.T, (TIME, WIDTH), (TIME, WIDTH))
    mix = cost("bytes accessed", lambda w, v: w @ v, (TIME, TIME), (TIME, WIDTH))
    matrix = cost("bytes accessed", lambda s: jnp.exp(s), (TIME, TIME))  # read and written once
    got = standard_bytes(time=TIME, head_dim=WIDTH, bytes_per_element=4)
    assert got == scores + matrix + mix


def test_fused_bytes_by_hand():
    # Two blocks of queries: the first reads 16 keys, the second 32; widths of 3 and two bytes.
    rows = 32 * (2 * 3 * 2 + 4)
    keys = (16 + 32) * 2 * 3 * 2
    tile = Tile(16, 16)
    assert flash_bytes(time=32, head_dim=3, tile=tile) == rows + keys
    whole = flash_bytes(time=32, head_dim=3, tile=tile, causal=False)
    assert whole == rows + 2 * 32 * 2 * 3 * 2


def test_the_last_block_reads_no_key_that_is_not_there():
    tile = Tile(16, 32)
    assert flash_bytes(time=33, head_dim=1, tile=tile, causal=False, bytes_per_element=1) == (
        3 * 33 * 2 + 33 * (2 + 4)
    )


def test_the_score_matrix_at_128k_is_a_tebibyte():
    assert score_matrix_bytes(time=131_072, num_heads=32) == 2**40
