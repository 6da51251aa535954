"""The same attention three times: NumPy, jax.numpy, and a Flax NNX module."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from whiteboard.architecture.attention import causal_mask, dot_product_attention, padding_mask
from whiteboard.architecture.attention_numpy import dot_product_attention_numpy
from whiteboard.architecture.multi_head_attention import MultiHeadAttention

module = MultiHeadAttention(64, num_heads=4, head_dim=16, rngs=nnx.Rngs(0))
x = jax.random.normal(jax.random.key(0), (2, 5, 64))  # batch, time, hidden
mask = causal_mask(5) & padding_mask(jnp.array([5, 0]), 5)  # the second sequence is all padding

query, key, value = module.query(x), module.key(x), module.value(x)  # batch, time, heads, head_dim
ours = dot_product_attention(query, key, value, mask=mask)
numpys = dot_product_attention_numpy(*map(np.asarray, (query, key, value)), mask=np.asarray(mask))
library = jax.nn.dot_product_attention(query, key, value, mask=mask)

print("NumPy agrees:", np.allclose(ours, numpys, atol=1e-5))
print("the module agrees:", np.allclose(module.output(ours), module(x, mask=mask), atol=1e-5))
print("jax.nn agrees on the first sequence:", np.allclose(ours[0], library[0], atol=1e-5))
print("all padding, ours is zero:", np.allclose(ours[1], 0))
print(
    "all padding, jax.nn is the mean value:", np.allclose(library[1], value[1].mean(0), atol=1e-5)
)
