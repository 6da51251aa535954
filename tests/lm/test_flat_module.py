"""A flat module computes what the module computes, from one program for all of its shape."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from whiteboard.lm.flat_module import Flat, flat


def test_it_is_the_module_inside_a_compiled_function():
    programs = []

    @jax.jit
    def run(module, x):
        programs.append(type(module))
        return module(x)

    x = jnp.ones((3, 5))
    for seed in (0, 1):
        module = nnx.Linear(5, 7, rngs=nnx.Rngs(seed))
        np.testing.assert_array_equal(run(flat(module), x), run(module, x))
    assert programs == [nnx.Linear, nnx.Linear]  # one for flat modules, one for modules


def test_other_shapes_and_settings_have_programs_of_their_own():
    run = jax.jit(lambda module, x: module(x))
    for module in (nnx.RMSNorm(5, epsilon=1e-6, rngs=nnx.Rngs(0)),
                   nnx.RMSNorm(5, epsilon=1e-1, rngs=nnx.Rngs(0)),
                   nnx.RMSNorm(7, epsilon=1e-1, rngs=nnx.Rngs(0))):  # fmt: skip
        x = jnp.arange(module.num_features, dtype=jnp.float32)[None]
        np.testing.assert_allclose(run(flat(module), x), module(x), rtol=1e-6)
    assert run._cache_size() == 3


def test_walking_it_does_not_walk_the_module(tiny):
    decoder = flat(tiny.decoder)
    assert isinstance(decoder, Flat)
    leaves, _ = jax.tree.flatten(decoder)
    assert leaves == list(decoder.arrays)
    for ours, theirs in zip(leaves, jax.tree.leaves(tiny.decoder), strict=True):
        assert ours is theirs
