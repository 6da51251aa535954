"""The NNX module: equal to flax's own, to NumPy, and to a sum over heads."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.attention_numpy import dot_product_attention_numpy
from whiteboard.architecture.multi_head_attention import MultiHeadAttention

BATCH, TIME, SOURCE, HIDDEN, HEADS, HEAD_DIM = 2, 5, 7, 17, 3, 11


@pytest.fixture
def module():
    return MultiHeadAttention(HIDDEN, num_heads=HEADS, head_dim=HEAD_DIM, rngs=nnx.Rngs(0))


@pytest.fixture
def x():
    return jax.random.normal(jax.random.key(1), (BATCH, TIME, HIDDEN))


@pytest.fixture
def context():
    return jax.random.normal(jax.random.key(2), (BATCH, SOURCE, HIDDEN))


@pytest.mark.parametrize("masked", [False, True])
def test_equals_flax(module, x, masked):
    theirs = nnx.MultiHeadAttention(
        HEADS, HIDDEN, HEADS * HEAD_DIM, use_bias=False, decode=False, rngs=nnx.Rngs(1)
    )
    theirs.query.kernel[...] = module.query.kernel[...]
    theirs.key.kernel[...] = module.key.kernel[...]
    theirs.value.kernel[...] = module.value.kernel[...]
    theirs.out.kernel[...] = module.output.kernel[...]
    mask = causal_mask(TIME) if masked else None
    np.testing.assert_allclose(module(x, mask=mask), theirs(x, mask=mask), atol=2e-6)


def test_equals_numpy(module, x, context):
    heads = [
        np.einsum("BTD,DHN->BTHN", np.asarray(source), np.asarray(projection.kernel[...]))
        for source, projection in zip(
            (x, context, context), (module.query, module.key, module.value), strict=True
        )
    ]
    mixed = dot_product_attention_numpy(*heads)
    want = np.einsum("BTHN,HND->BTD", mixed, np.asarray(module.output.kernel[...]))
    np.testing.assert_allclose(module(x, context), want, atol=5e-6)


def test_the_output_matrix_sums_over_heads(module, x):
    query, key, value = module.query(x), module.key(x), module.value(x)
    heads = dot_product_attention(query, key, value)
    each = [heads[:, :, h] @ module.output.kernel[...][h] for h in range(HEADS)]
    np.testing.assert_allclose(module(x), sum(each), atol=2e-6)


def test_attends_to_itself_without_a_context(module, x, context):
    np.testing.assert_array_equal(module(x), module(x, x))
    assert not np.allclose(module(x), module(x, context))


def test_parameters_are_as_documented(module):
    count = sum(p.size for p in jax.tree.leaves(nnx.state(module, nnx.Param)))
    assert count == 4 * HIDDEN * HEADS * HEAD_DIM


def test_bfloat16_stays_near_float32(module, x):
    half = MultiHeadAttention(
        HIDDEN, num_heads=HEADS, head_dim=HEAD_DIM, rngs=nnx.Rngs(0), dtype=jnp.bfloat16
    )
    got = half(x)
    assert got.dtype == jnp.bfloat16
    np.testing.assert_allclose(got.astype(jnp.float32), module(x), atol=0.03)


def test_trains_under_jit(module, x):
    def loss(module, x):
        return jnp.mean((module(x, mask=causal_mask(TIME)) - x) ** 2)

    gradient = jax.jit(jax.grad(loss))(module, x)
    assert all(bool(jnp.any(g != 0)) for g in jax.tree.leaves(gradient))
