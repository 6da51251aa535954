"""Contexts: the mask and the angles of a text, from its start and from a cache."""

import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.kv_cache import init_cache
from whiteboard.architecture.rope import rotary_tables
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Context

CONFIG = DecoderConfig.tiny()
TOKENS = jnp.zeros((2, 3), jnp.int32)
CACHE = init_cache(num_layers=1, batch=2, num_kv_heads=2, slots=7, head_dim=16)


def test_a_text_from_its_start_looks_at_itself_alone():
    for cache in (None, CACHE):
        context = Context.causal(CONFIG, TOKENS, cache)
        assert context.from_start
        assert context.position.tolist() == [0, 0]
        np.testing.assert_array_equal(context.mask, np.tril(np.ones((2, 3, 3), bool)))


def test_a_text_that_goes_on_looks_at_the_slots_before_it():
    context = Context.causal(CONFIG, TOKENS, CACHE, jnp.array([0, 4]))
    assert not context.from_start
    assert context.position.tolist() == [0, 4]
    seen = ["".join(str(int(x)) for x in row) for row in context.mask.reshape(6, 7)]
    assert seen == ["1000000", "1100000", "1110000", "1111100", "1111110", "1111111"]


def test_the_angles_are_those_of_the_places():
    place = jnp.array([[0, 1, 0], [4, 5, 5]])
    mask = jnp.ones((2, 3, 3), bool)
    for position in (None, jnp.array([2, 3])):
        context = Context.of(CONFIG, place, mask, position=position)
        for got, want in zip(context.rotary, rotary_tables(place, 16, CONFIG.rope_theta)):
            np.testing.assert_allclose(got, want, atol=1e-6)
        assert context.from_start == (position is None)
    assert context.position.tolist() == [2, 3]


def test_without_a_cache_a_position_only_turns_the_heads():
    context = Context.causal(CONFIG, TOKENS, None, jnp.array([5, 5]))
    np.testing.assert_array_equal(context.mask, np.tril(np.ones((2, 3, 3), bool)))
    moved = Context.causal(CONFIG, jnp.zeros((2, 8), jnp.int32))
    np.testing.assert_allclose(context.rotary[0], moved.rotary[0][:, 5:], atol=1e-6)
