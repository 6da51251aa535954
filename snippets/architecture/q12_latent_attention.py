"""A layer of multi-head latent attention decodes from its cache by both forms."""

import jax
import jax.numpy as jnp
from flax import nnx

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.latent_attention import (
    LatentAttention,
    LatentAttentionConfig,
    naive_latent_attention,
)

config = LatentAttentionConfig(
    hidden_size=256,
    num_heads=8,
    kv_lora_rank=64,
    qk_nope_head_dim=32,
    qk_rope_head_dim=16,
    v_head_dim=32,
)
layer = LatentAttention(config, rngs=nnx.Rngs(0))
x = jax.random.normal(jax.random.key(1), (1, 32, 256))
position = jnp.arange(32)[None]

cached = layer.latents(x, position)  # all that is kept of 32 tokens
print("cached a token:", sum(part.shape[-1] for part in cached), "numbers")
print("as MHA:", 2 * config.num_heads * config.qk_nope_head_dim, "numbers")

last, mask = x[:, -1:], causal_mask(1, 32)
absorbed = layer(last, position[:, -1:], cached, mask)
naive = layer(last, position[:, -1:], cached, mask, attend=naive_latent_attention)
print("both forms agree:", bool(jnp.allclose(absorbed, naive, atol=1e-5)))
