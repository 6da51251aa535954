"""What a permutation of the tokens does to attention, and what a shift does to RoPE."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.positions import is_permutation_equivariant, sinusoidal_positions
from whiteboard.architecture.rope import rotary_attention

x = jax.random.normal(jax.random.key(0), (1, 6, 64))
order = jnp.array([4, 2, 0, 5, 1, 3])


def attention(x, mask=None):
    one_head = x[:, :, None]
    return dot_product_attention(one_head, one_head, one_head, mask=mask)[:, :, 0]


table = sinusoidal_positions(jnp.arange(6), 64)[None]
print("f(Px) = P f(x), attention alone:", is_permutation_equivariant(attention, x, order))
print("f(Px) = f(x), attention alone:", bool(jnp.allclose(attention(x[:, order]), attention(x))))
for name, function in (
    ("causal mask", lambda x: attention(x, causal_mask(6))),
    ("sinusoids", lambda x: attention(x + table)),
):
    print(f"f(Px) = P f(x), {name}:", is_permutation_equivariant(function, x, order))

head, position = x[:, :, None], jnp.arange(6)[None]
near, far = (rotary_attention(head, head, head, position + start, 1e4) for start in (0, 500))
print("RoPE, 500 positions on, the same:", bool(jnp.allclose(near, far, atol=1e-3)))
