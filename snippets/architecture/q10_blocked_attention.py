"""Temporary memory of the compiled gradient of attention, by tokens: whole matrix and blocks."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.blocked_attention import blocked_attention, scanned_attention


def whole_matrix(query, key, value):
    return dot_product_attention(query, key, value, mask=causal_mask(query.shape[1]))


def temporary_bytes(attend, tokens):
    x = jax.ShapeDtypeStruct((1, tokens, 1, 64), jnp.float32)
    gradient = jax.grad(lambda *inputs: attend(*inputs).sum(), (0, 1, 2))
    return jax.jit(gradient).lower(x, x, x).compile().memory_analysis().temp_size_in_bytes


keys = jax.random.split(jax.random.key(0), 3)
inputs = [jax.random.normal(key, (1, 500, 2, 64)) for key in keys]
same = jnp.allclose(whole_matrix(*inputs), blocked_attention(*inputs), atol=1e-5)
print("the same answer, 500 tokens in blocks of 128:", bool(same))

growth = {}
for attend in (whole_matrix, scanned_attention, blocked_attention):
    short, long = (temporary_bytes(attend, tokens) for tokens in (1024, 2048))
    growth[attend.__name__] = long / short
    print(f"{attend.__name__:17}  twice the tokens: {long / short:.0f} times the memory")
