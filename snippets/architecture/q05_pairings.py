"""Attention scores of the real model's first layer by both pairings of RoPE."""

import jax.numpy as jnp

from whiteboard import lm
from whiteboard.architecture.rope import (
    rotary_tables,
    rotate,
    rotate_interleaved,
    to_interleaved,
)

model = lm.load("smollm2-135m")
config, layer = model.config, model.decoder.layers[0]
tokens = jnp.array([model.tokenizer.encode("Word order is told by turning pairs.")])
x = layer.attention_norm(model.decoder.embed(tokens))
tables = rotary_tables(jnp.arange(tokens.shape[1])[None], config.head_dim, config.rope_theta)


def scores(turn, order):
    """Of the first query head against the KV head that it reads."""
    heads = []
    for projection in (layer.attention.q_proj, layer.attention.k_proj):
        kernel = order(projection.kernel[...].reshape(config.hidden_size, -1, config.head_dim))
        heads.append(turn(jnp.einsum("BTD,DHN->BTHN", x, kernel), tables)[0, :, 0])
    return heads[0] @ heads[1].T


half_split = scores(rotate, lambda kernel: kernel)  # the weights as published
neighbours = scores(rotate_interleaved, to_interleaved)
mixed_up = scores(rotate, to_interleaved)
print("half-split equals interleaved:", bool(jnp.allclose(half_split, neighbours, atol=1e-2)))
print("interleaved weights, half-split turn:", bool(jnp.allclose(half_split, mixed_up, atol=1e-2)))
