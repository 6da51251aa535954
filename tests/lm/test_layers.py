"""The decoder's layers, each against its formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.rope import rotate
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.context import Context
from whiteboard.lm.layers import Attention, DecoderLayer, FeedForward

CONFIG = DecoderConfig.tiny(hidden_size=28, num_heads=6, num_kv_heads=3, head_dim=10)
TOKENS = jnp.zeros((2, 7), jnp.int32)
CONTEXT = Context.causal(CONFIG, TOKENS)
X = jax.random.normal(jax.random.key(0), (*TOKENS.shape, CONFIG.hidden_size))


def made(layer):
    return layer(CONFIG, rngs=nnx.Rngs(3), dtype=jnp.float32)


def test_attention_is_the_librarys_over_turned_heads():
    layer = made(Attention)
    query, key, value = (
        proj(X).reshape(2, 7, -1, CONFIG.head_dim)
        for proj in (layer.q_proj, layer.k_proj, layer.v_proj)
    )
    query, key = rotate(query, CONTEXT.rotary), rotate(key, CONTEXT.rotary)
    want = layer.o_proj(
        jax.nn.dot_product_attention(query, key, value, is_causal=True).reshape(2, 7, -1)
    )
    out, cache = layer(X, CONTEXT, None)
    np.testing.assert_allclose(out, want, rtol=1e-4, atol=1e-5)
    assert cache is None


def test_feed_forward_is_a_gated_product():
    layer = made(FeedForward)
    gate, up, down = (p.kernel[...] for p in (layer.gate_proj, layer.up_proj, layer.down_proj))
    gated = X @ gate
    want = (gated / (1 + jnp.exp(-gated)) * (X @ up)) @ down
    np.testing.assert_allclose(layer(X), want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("silent", ["attention", "feed_forward"])
def test_each_half_adds_to_what_it_reads(silent):
    """Without the one half's output, the layer is x plus the other half of norm(x)."""
    layer = made(DecoderLayer)
    if silent == "attention":
        layer.attention.o_proj.kernel[...] *= 0
        want = X + layer.feed_forward(layer.feed_forward_norm(X))
    else:
        layer.feed_forward.down_proj.kernel[...] *= 0
        want = X + layer.attention(layer.attention_norm(X), CONTEXT, None)[0]
    np.testing.assert_allclose(layer(X, CONTEXT, None)[0], want, rtol=1e-5, atol=1e-6)
