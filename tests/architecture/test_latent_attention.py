"""Multi-head latent attention: transformers' DeepSeek-V3 layer, both forms, and positions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.latent_attention import (
    LatentAttention,
    LatentAttentionConfig,
    absorbed_latent_attention,
    naive_latent_attention,
)

STORED = "deepseek_mla.npz"
CONFIG = LatentAttentionConfig(
    hidden_size=29,
    num_heads=5,
    kv_lora_rank=11,
    qk_nope_head_dim=7,
    qk_rope_head_dim=6,
    v_head_dim=3,
)
FORMS = (naive_latent_attention, absorbed_latent_attention)


def _with_weights(stored) -> LatentAttention:
    """The reference's linear layers cut into ours; theirs are [out, in], heads side by side."""
    layer, c = LatentAttention(CONFIG, rngs=nnx.Rngs(0)), CONFIG
    query = stored["q_proj.weight"].T.reshape(c.hidden_size, c.num_heads, -1)
    down, up = stored["kv_a_proj_with_mqa.weight"].T, stored["kv_b_proj.weight"].T
    up = up.reshape(c.kv_lora_rank, c.num_heads, -1)
    layer.query[...], layer.query_rope[...] = np.split(query, [c.qk_nope_head_dim], -1)
    layer.down[...], layer.down_rope[...] = np.split(down, [c.kv_lora_rank], -1)
    layer.up_key[...], layer.up_value[...] = np.split(up, [c.qk_nope_head_dim], -1)
    layer.norm.scale[...] = stored["kv_a_layernorm.weight"]
    layer.output[...] = stored["o_proj.weight"].T
    return layer


@pytest.mark.parametrize("attend", FORMS)
def test_the_layer_is_transformers_deepseek_v3_layer(stored, attend):
    layer, x = _with_weights(stored), jnp.asarray(stored["x"])
    position = jnp.tile(jnp.arange(x.shape[1]), (len(x), 1))
    mask = causal_mask(x.shape[1])
    got = layer(x, position, layer.latents(x, position), mask, attend=attend)
    np.testing.assert_allclose(got, stored["output"], atol=3e-6)


@pytest.mark.parametrize("attend", FORMS)
def test_decoding_from_the_cache_is_the_full_pass(stored, attend):
    layer, x = _with_weights(stored), jnp.asarray(stored["x"])
    time = x.shape[1]
    position = jnp.tile(jnp.arange(time), (len(x), 1))
    cached = layer.latents(x, position)
    mask = causal_mask(1, time)
    last = layer(x[:, -1:], position[:, -1:], cached, mask, attend=attend)
    np.testing.assert_allclose(last, stored["output"][:, -1:], atol=3e-6)


def test_only_distances_between_positions_count(stored):
    layer, x = _with_weights(stored), jnp.asarray(stored["x"])
    near = jnp.tile(jnp.arange(x.shape[1]), (len(x), 1))
    mask = causal_mask(x.shape[1])
    outputs = [layer(x, p, layer.latents(x, p), mask) for p in (near, near + 17)]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_the_cache_holds_one_latent_and_one_rotary_key_a_token(stored):
    layer, x = _with_weights(stored), jnp.asarray(stored["x"])
    cached = layer.latents(x, jnp.zeros(x.shape[:2], int))
    width = CONFIG.kv_lora_rank + CONFIG.qk_rope_head_dim
    assert sum(part.nbytes for part in cached) == x.shape[0] * x.shape[1] * width * 4


def test_one_token_by_hand():
    """One cached token gets all the weight, so the output is W_UV c whatever the scores."""
    latent, rope_key = jnp.array([[[1.0, 2.0]]]), jnp.ones((1, 1, 2))
    up_value = jnp.array([[[3.0]], [[5.0]]])  # 1 * 3 + 2 * 5
    query = jnp.ones((1, 1, 1, 2))
    for attend in FORMS:
        up_key, mask = jnp.ones((2, 1, 2)), jnp.ones((1, 1, 1, 1), bool)
        got = attend(query, query, latent, rope_key, up_key, up_value, mask)
        assert got.item() == 13.0


def test_both_forms_have_the_same_gradients(stored):
    layer, x = _with_weights(stored), jnp.asarray(stored["x"])
    position = jnp.tile(jnp.arange(x.shape[1]), (len(x), 1))
    graph, state = nnx.split(layer)

    def loss(state, attend):
        layer = nnx.merge(graph, state)
        mask = causal_mask(x.shape[1])
        return (layer(x, position, layer.latents(x, position), mask, attend=attend) ** 2).sum()

    naive, absorbed = (jax.tree.leaves(jax.grad(loss)(state, attend)) for attend in FORMS)
    for a, b in zip(naive, absorbed):
        np.testing.assert_allclose(a, b, atol=2e-4 * float(jnp.abs(a).max()))
