"""The checks of the symmetry that attention has without positions."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.positions import is_permutation_equivariant
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect

TIME = 5
Test = Callable[..., bool]
ORDER = jnp.array([3, 0, 4, 1, 2])


def _tokens(seed: int = 0) -> Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(1, TIME, 6)), "float32")


def _self_attention(x: Array, mask: Array | None = None) -> Array:
    return dot_product_attention(*[x[:, :, None]] * 3, mask=mask)[:, :, 0]


def _causal(x: Array) -> Array:
    return _self_attention(x, causal_mask(TIME))


def sorted_tokens(x: Array) -> Array:
    return jnp.sort(x, axis=1)


FUNCTIONS = (_self_attention, _causal, sorted_tokens)


def attention_without_positions_is(test: Test) -> None:
    """Permuted tokens give attention's permuted outputs: it is equivariant."""
    expect(test(_self_attention, _tokens(), ORDER), "attention, no mask, no positions: wanted True")


def causal_attention_is_not(test: Test) -> None:
    """A causal mask breaks the symmetry: that is how a decoder without positions learns order."""
    expect(not test(_causal, _tokens(), ORDER), "causal attention: wanted False")


def sorting_is_not(test: Test) -> None:
    """Sorted tokens stay the same under a permutation: that is invariance."""
    expect(not test(sorted_tokens, _tokens(), ORDER), "sorting, which is invariant: wanted False")


EXERCISES = (
    Exercise.of(
        is_permutation_equivariant,
        checks=(attention_without_positions_is, causal_attention_is_not, sorting_is_not),
        probe=lambda test: [
            jnp.array([test(f, _tokens(seed), ORDER) for f in FUNCTIONS]) for seed in (1, 2)
        ],
    ),
)
