"""The same attention three times: NumPy, jax.numpy, and a Flax NNX module."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from whiteboard.architecture import attention
from whiteboard.architecture.attention import dot_product_attention
from whiteboard.architecture.attention_numpy import dot_product_attention_numpy
from whiteboard.architecture.multi_head_attention import MultiHeadAttention

module = MultiHeadAttention(64, num_heads=4, head_dim=16, rngs=nnx.Rngs(0))
x = jax.random.normal(jax.random.key(0), (2, 5, 64))  # batch, time, hidden
lengths = jnp.array([5, 0])  # the second sequence is all padding
mask = attention.causal_mask(5) & attention.padding_mask(lengths, 5)

query, key, value = module.query(x), module.key(x), module.value(x)
ours = dot_product_attention(query, key, value, mask=mask)
library = jax.nn.dot_product_attention(query, key, value, mask=mask)
arrays = [np.asarray(each) for each in (query, key, value)]
numpys = dot_product_attention_numpy(*arrays, mask=np.asarray(mask))
modules = module(x, mask=mask)

print("NumPy agrees:", np.allclose(ours, numpys, atol=1e-5))
print("the module agrees:", np.allclose(module.output(ours), modules, atol=1e-5))
print("jax.nn agrees on the first:", np.allclose(ours[0], library[0], atol=1e-5))
print("all padding, ours is zero:", np.allclose(ours[1], 0))
mean = value[1].mean(axis=0)
print("all padding, jax.nn averages:", np.allclose(library[1], mean, atol=1e-5))
