"""The checks of scaled dot-product attention."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Attention = Callable[..., Array]
BATCH, TIME, HEADS, HEAD_DIM = 2, 5, 3, 7


def _inputs(seed: int = 0, dtype: str = "float32") -> list[Array]:
    """Query, key and value, drawn by NumPy so that every jax version gets the same."""
    draw = np.random.default_rng(seed).normal(size=(3, BATCH, TIME, HEADS, HEAD_DIM))
    return [jnp.asarray(x, dtype) for x in draw]


def _by_definition(query: Array, key: Array, value: Array) -> np.ndarray:
    """The formula in float64, one row of weights at a time: the oracle of these checks."""
    q, k, v = (np.asarray(x, np.float64) for x in (query, key, value))
    output = np.zeros(v.shape)
    for b, t, h in np.ndindex(q.shape[:3]):
        weights = np.exp(k[b, :, h] @ q[b, t, h] / np.sqrt(q.shape[-1]))
        output[b, t, h] = weights / weights.sum() @ v[b, :, h]
    return output


def follows_the_formula(attend: Attention) -> None:
    """Every output is that of a float64 loop over the formula."""
    query, key, value = _inputs()
    expect_close(attend(query, key, value), _by_definition(query, key, value), "head_dim 7")


def weights_sum_to_one(attend: Attention) -> None:
    """Values that are all 1 come out as 1, under a causal mask too."""
    query, key, value = _inputs()
    ones = jnp.ones_like(value)
    expect_close(attend(query, key, ones), np.ones(value.shape), "values all 1, no mask")
    got = attend(query, key, ones, mask=causal_mask(TIME))
    expect_close(got, np.ones(value.shape), "values all 1, causal mask")


def masked_keys_change_nothing(attend: Attention) -> None:
    """What stands at a masked position does not reach the output."""
    query, key, value = _inputs()
    mask = causal_mask(TIME)
    before = attend(query, key, value, mask=mask)
    after = attend(query, key.at[:, -1].add(9), value.at[:, -1].add(9), mask=mask)
    expect_close(after[:, :-1], before[:, :-1], "last token changed")


def masking_is_leaving_out(attend: Attention) -> None:
    """A causal mask gives each query what it gets when later keys do not exist."""
    query, key, value = _inputs()
    got = attend(query, key, value, mask=causal_mask(TIME))[:, 2:3]
    want = attend(query[:, 2:3], key[:, :3], value[:, :3])
    expect_close(got, want, "causal mask, query 2")


def a_blind_query_gets_zeros(attend: Attention) -> None:
    """A query that may look nowhere gets zeros, not NaN and not an average."""
    query, key, value = _inputs()
    mask = causal_mask(TIME).at[0, 0, 2].set(False)
    got = attend(query, key, value, mask=mask)
    expect_close(got[:, 2], np.zeros((BATCH, HEADS, HEAD_DIM)), "query 2 sees no key")


def gradients_stay_finite(attend: Attention) -> None:
    """The gradient has no NaN, although a query sees nothing."""
    query, key, value = _inputs()
    mask = causal_mask(TIME).at[0, 0, 2].set(False)

    def loss(q: Array, k: Array, v: Array) -> Array:
        return attend(q, k, v, mask=mask)[:, :2].sum()

    gradients = jnp.stack(jax.grad(loss, argnums=(0, 1, 2))(query, key, value))
    bad = int(jnp.sum(~jnp.isfinite(gradients)))
    expect(bad == 0, f"query 2 sees no key: {bad} of {gradients.size} gradients are not finite")


def large_scores_do_not_overflow(attend: Attention) -> None:
    """Scores of several hundred give finite outputs: the row's maximum is subtracted."""
    query, key, value = _inputs()
    bad = int(jnp.sum(~jnp.isfinite(attend(20 * query, 20 * key, value))))
    expect(bad == 0, f"scores of several hundred: {bad} of {value.size} outputs are not finite")


def the_softmax_is_float32(attend: Attention) -> None:
    """With bfloat16 inputs the scores keep float32's digits, and the output is bfloat16."""
    query, key, value = _inputs(dtype="bfloat16")
    key = key + 16  # adds the same large number to every score of a row, which changes no weight
    got = attend(query, key, value)
    expect(got.dtype == jnp.bfloat16, f"bfloat16 inputs: wanted bfloat16, got {got.dtype}")
    want = attend(*(x.astype("float32") for x in (query, key, value)))
    expect_close(got, want, "bfloat16, keys + 16", atol=0.02, rtol=0.02)


def the_scale_argument_counts(attend: Attention) -> None:
    """``scale`` replaces the default factor: doubling it is doubling the query."""
    query, key, value = _inputs()
    want = attend(2 * query, key, value, scale=0.1)
    expect_close(attend(query, key, value, scale=0.2), want, "scale=0.2")


def heads_do_not_mix(attend: Attention) -> None:
    """A head's output depends on that head alone."""
    query, key, value = _inputs()
    before = attend(query, key, value)
    after = attend(query, key.at[:, :, 0].add(1), value.at[:, :, 0].add(1))
    expect_close(after[:, :, 1:], before[:, :, 1:], "head 0 changed, other heads")


def costs_two_matrix_products(attend: Attention) -> None:
    """The compiled program does ``4 * B * H * T * S * N`` operations, and little more."""
    shape = jax.ShapeDtypeStruct((1, 64, 8, 32), jnp.float32)
    costs = jax.jit(lambda q, k, v: attend(q, k, v)).lower(shape, shape, shape).compile()
    products = 4 * 8 * 64 * 64 * 32
    ratio = (costs.cost_analysis() or {}).get("flops", 0) / products
    expect(
        0.9 < ratio < 1.5, f"64 tokens, 8 heads: {ratio:.1f} times the operations of two products"
    )


def probe(attend: Attention) -> list[Array]:
    """Outputs in which the known mistakes differ."""
    query, key, value = _inputs(seed=1)
    causal = causal_mask(TIME)
    blind = causal.at[0, 0, 2].set(False)
    options: list[dict] = [{}, {"mask": causal}, {"mask": blind}, {"scale": 0.1}]
    return [attend(query, key, value, **each) for each in options]


EXERCISES = (
    Exercise.of(
        dot_product_attention,
        checks=(
            follows_the_formula,
            weights_sum_to_one,
            masking_is_leaving_out,
            masked_keys_change_nothing,
            a_blind_query_gets_zeros,
            gradients_stay_finite,
            large_scores_do_not_overflow,
            the_softmax_is_float32,
            the_scale_argument_counts,
            heads_do_not_mix,
            costs_two_matrix_products,
        ),
        probe=probe,
    ),
)
