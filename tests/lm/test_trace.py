"""A trace is what the forward pass computed."""

import jax
import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.grouped_query_attention import grouped_query_attention
from whiteboard.lm.context import Context
from whiteboard.lm.trace import trace

TOKENS = jnp.asarray(np.random.default_rng(3).integers(0, 256, (3, 11)))


def test_a_trace_is_what_the_forward_pass_computed(tiny):
    decoder, config = tiny.decoder, tiny.config
    got = jax.jit(trace)(decoder, TOKENS)
    assert len(got.hidden) == config.num_layers + 1
    logits = decoder.unembed(decoder.norm(got.hidden[-1]))
    np.testing.assert_allclose(logits, jax.jit(lambda m, t: m(t))(decoder, TOKENS), atol=1e-5)
    weights = np.stack(got.attention)
    assert weights.shape == (config.num_layers, 3, config.num_heads, 11, 11)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    assert not np.triu(weights, 1).any()


def test_the_weights_give_the_outputs_of_attention(tiny):
    """With the values of a layer, its kept weights make what its attention makes."""
    decoder, config = tiny.decoder, tiny.config
    got = jax.jit(trace)(decoder, TOKENS)
    layer, x = decoder.layers[1], got.hidden[1]
    inner, context = layer.attention_norm(x), Context.causal(config, TOKENS)
    query, key = layer.attention.query_key(inner, context)
    value = layer.attention.v_proj(inner).reshape(3, 11, -1, config.head_dim)
    want = grouped_query_attention(query, key, value, context.mask)
    shared = np.repeat(value, config.num_groups, axis=2)
    ours = np.einsum("bhts,bshn->bthn", got.attention[1], shared)
    np.testing.assert_allclose(ours, want, atol=1e-5)
