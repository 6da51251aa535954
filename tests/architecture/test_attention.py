"""Attention three times, against a float64 loop, jax.nn, torch, and flax."""

from pathlib import Path

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.architecture.attention import causal_mask, dot_product_attention, padding_mask
from whiteboard.architecture.attention_numpy import dot_product_attention_numpy

STORED = Path(__file__).parents[1] / "references" / "torch_attention.npz"
BATCH, TIME, SOURCE, HEADS, HEAD_DIM, VALUE_DIM = 2, 5, 7, 3, 11, 13
BOTH = (dot_product_attention, dot_product_attention_numpy)


def draw(seed=0, dtype="float32"):
    shapes = [(TIME, HEAD_DIM), (SOURCE, HEAD_DIM), (SOURCE, VALUE_DIM)]
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=(BATCH, length, HEADS, width)).astype(dtype) for length, width in shapes
    ]


def loop(query, key, value, mask=None, scale=None):
    """The definition, one number at a time, in float64."""
    scale = 1 / np.sqrt(query.shape[-1]) if scale is None else scale
    mask = np.ones((1, 1, 1, 1), bool) if mask is None else np.asarray(mask)
    mask = np.broadcast_to(mask, (BATCH, HEADS, TIME, SOURCE))
    output = np.zeros((BATCH, TIME, HEADS, value.shape[-1]))
    for b, t, h in np.ndindex(BATCH, TIME, HEADS):
        seen = [s for s in range(SOURCE) if mask[b, h, t, s]]
        scores = [scale * float(np.dot(query[b, t, h], key[b, s, h])) for s in seen]
        weights = [np.exp(score) for score in scores]
        for s, weight in zip(seen, weights, strict=True):
            output[b, t, h] += weight / sum(weights) * value[b, s, h]
    return output


MASKS = {
    "none": None,
    "causal": causal_mask(TIME, SOURCE),
    "padding": padding_mask(jnp.array([7, 3]), SOURCE),
    "both": causal_mask(TIME, SOURCE) & padding_mask(jnp.array([7, 3]), SOURCE),
    "blind": causal_mask(TIME, SOURCE).at[0, 0, 2].set(False),
}


@pytest.mark.parametrize("attend", BOTH)
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("scale", [None, 0.7])
def test_equals_a_float64_loop(attend, mask, scale):
    inputs = draw()
    mask = np.asarray(mask) if attend is dot_product_attention_numpy and mask is not None else mask
    inputs = inputs if attend is dot_product_attention_numpy else [jnp.asarray(x) for x in inputs]
    got = attend(*inputs, mask=mask, scale=scale)
    np.testing.assert_allclose(got, loop(*draw(), mask, scale), atol=2e-6)


@pytest.mark.parametrize("mask", [m for n, m in MASKS.items() if n != "blind"])
def test_equals_jax_nn(mask):
    query, key, value = map(jnp.asarray, draw())
    value = value[..., :HEAD_DIM]
    got = dot_product_attention(query, key, value, mask=mask)
    want = jax.nn.dot_product_attention(query, key, value, mask=mask)
    np.testing.assert_allclose(got, want, atol=2e-6)


@pytest.mark.parametrize("name", ["plain", "masked", "causal", "scaled", "bfloat16"])
def test_equals_torch(name):
    with np.load(STORED) as stored:
        given = {n: jnp.asarray(stored[n]) for n in ("query", "key", "value", "mask")}
        want = stored[name]
    mask, options = given.pop("mask"), {}
    if name == "masked":
        options = {"mask": mask}
    elif name == "causal":
        options = {"mask": causal_mask(TIME)}
        given = {n: x[:, :TIME] for n, x in given.items()}
    elif name == "scaled":
        options = {"scale": 0.7}
    elif name == "bfloat16":
        given = {n: x.astype(jnp.bfloat16) for n, x in given.items()}
    got = dot_product_attention(**given, **options)
    assert got.dtype == given["query"].dtype
    tolerance = 0.02 if name == "bfloat16" else 2e-6
    np.testing.assert_allclose(got.astype(jnp.float32), want, atol=tolerance)


def test_libraries_disagree_about_a_blind_query():
    """torch gives zeros as we do; jax.nn averages all values, masked or not."""
    query, key, value = (x[:, :TIME, :, :HEAD_DIM] for x in map(jnp.asarray, draw()))
    mask = causal_mask(TIME).at[0, 0, 2].set(False)
    ours = dot_product_attention(query, key, value, mask=mask)
    theirs = jax.nn.dot_product_attention(query, key, value, mask=mask)
    np.testing.assert_array_equal(ours[:, 2], 0)
    np.testing.assert_allclose(theirs[:, 2], value.mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(np.delete(ours, 2, 1), np.delete(theirs, 2, 1), atol=2e-6)
    with np.load(STORED) as stored:
        assert not stored["mask"][0, 0, 3].any()
        np.testing.assert_array_equal(stored["masked"][0, 3], 0)


def test_a_case_by_hand():
    """Scores 0 and log 3 make weights 1/4 and 3/4."""
    query = jnp.array([[[[jnp.log(3.0)]]]])
    key, value = (
        jnp.array([0.0, 1.0]).reshape(1, 2, 1, 1),
        jnp.array([4.0, 8.0]).reshape(1, 2, 1, 1),
    )
    np.testing.assert_allclose(dot_product_attention(query, key, value).item(), 7, rtol=1e-6)


@pytest.mark.parametrize("name", ["causal", "padding", "blind"])
def test_gradients_agree_with_finite_differences(name):
    query, key, value = map(jnp.asarray, draw())
    weights = jnp.asarray(np.random.default_rng(1).normal(size=(BATCH, TIME, HEADS, VALUE_DIM)))

    def loss(q):
        return jnp.vdot(weights, dot_product_attention(q, key, value, mask=MASKS[name]))

    direction = jnp.asarray(np.random.default_rng(2).normal(size=query.shape), jnp.float32)
    step = 1e-2
    numeric = (loss(query + step * direction) - loss(query - step * direction)) / (2 * step)
    exact = jnp.vdot(jax.grad(loss)(query), direction)
    np.testing.assert_allclose(exact, numeric, rtol=2e-3)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), size=st.floats(0.1, 30))
def test_outputs_stay_in_the_hull_of_the_values(seed, size):
    query, key, value = map(jnp.asarray, draw(seed))
    got = dot_product_attention(size * query, key, value)
    low, high = value.min(axis=1, keepdims=True), value.max(axis=1, keepdims=True)
    assert bool(jnp.all((got >= low - 1e-4) & (got <= high + 1e-4)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.permutations(range(SOURCE)))
def test_the_order_of_the_keys_does_not_matter(seed, order):
    query, key, value = map(jnp.asarray, draw(seed))
    order = jnp.array(order)
    got = dot_product_attention(query, key[:, order], value[:, order])
    np.testing.assert_allclose(got, dot_product_attention(query, key, value), atol=5e-6)


def test_masks_by_hand():
    assert causal_mask(3)[0, 0].astype(int).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert causal_mask(2, 4)[0, 0].astype(int).tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    padding = padding_mask(jnp.array([3, 1]), 3)
    assert padding[:, 0, 0].astype(int).tolist() == [[1, 1, 1], [1, 0, 0]]


def _cut(**changes):
    query, key, value = map(jnp.asarray, draw())
    return {"query": query, "key": key, "value": value, **changes}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (_cut(query=jnp.ones((5, 3, 11))), r"query: wanted 4 axes .* got shape \(5, 3, 11\)"),
        (_cut(key=jnp.ones((2, 7, 3, 4))), r"key: wanted shape .* got \(2, 7, 3, 4\)"),
        (_cut(key=jnp.ones((2, 7, 1, 11))), r"key: wanted shape \(2, 7, 3, 11\)"),
        (_cut(value=jnp.ones((2, 6, 3, 13))), r"value: wanted shape \(2, 7, 3\)"),
        (_cut(mask=jnp.ones((1, 1, 5, 7))), "mask: wanted bool, .* got float32"),
        (_cut(mask=jnp.ones((5, 7), bool)), r"mask: wanted .* broadcasts to \(2, 3, 5, 7\)"),
        (_cut(mask=jnp.ones((1, 1, 5, 6), bool)), r"got \(1, 1, 5, 6\)"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_named(given, says):
    jaxtyping.config.update("jaxtyping_disable", True)  # our own message, not jaxtyping's
    try:
        with pytest.raises(ValueError, match=says):
            dot_product_attention(**given)
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
