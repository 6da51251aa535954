"""Question 5: the symmetry that attention has without positions."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.positions import is_permutation_equivariant
from whiteboard.practice.core import Check, Exercise, Variant
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


def _sorted(x: Array) -> Array:
    return jnp.sort(x, axis=1)


def attention_without_positions_is(test: Test) -> None:
    """Permuted tokens give attention's permuted outputs: it is equivariant."""
    expect(test(_self_attention, _tokens(), ORDER), "attention, no mask, no positions: wanted True")


def causal_attention_is_not(test: Test) -> None:
    """A causal mask breaks the symmetry: that is how a decoder without positions learns order."""
    expect(not test(_causal, _tokens(), ORDER), "causal attention: wanted False")


def sorting_is_not(test: Test) -> None:
    """Sorted tokens stay the same under a permutation: that is invariance."""
    expect(not test(_sorted, _tokens(), ORDER), "sorting, which is invariant: wanted False")


def attention_called_permutation_invariant(
    function: Callable[[Array], Array], x: Array, order: Array
) -> bool:
    return bool(jnp.abs(function(x[:, order]) - function(x)).max() < 1e-4)


def only_the_sum_compared(function: Callable[[Array], Array], x: Array, order: Array) -> bool:
    return bool(jnp.abs((function(x[:, order]) - function(x)).sum(axis=1)).max() < 1e-4)


EQUIVARIANT, SORTING = "attention_without_positions_is", "sorting_is_not"
EXERCISES = (
    Exercise(
        question=5,
        right=is_permutation_equivariant,
        checks=(
            Check(attention_without_positions_is),
            Check(causal_attention_is_not),
            Check(sorting_is_not),
        ),
        variants=(
            Variant(
                "attention_called_permutation_invariant",
                "f(Px) is compared with f(x): attention seems not to have the symmetry that it has",
                attention_called_permutation_invariant,
                frozenset({EQUIVARIANT, SORTING}),
            ),
            Variant(
                "only_the_sum_compared",
                "outputs pooled over the tokens: whatever keeps the set of outputs passes",
                only_the_sum_compared,
                frozenset({SORTING}),
            ),
            Variant(
                "every_attention_called_equivariant",
                "the causal mask is overlooked: a decoder without positions does see order",
                lambda function, x, order: function is not _sorted,
                frozenset({"causal_attention_is_not"}),
            ),
        ),
        probe=lambda test: [
            jnp.array([test(f, _tokens(seed), ORDER) for f in (_self_attention, _causal, _sorted)])
            for seed in (1, 2)
        ],
    ),
)
