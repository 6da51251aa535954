"""32 query heads on 32, 8 and 1 KV heads: the answers of repeated heads, without the copies."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.grouped_query_attention import cached_attention
from whiteboard.architecture.kv_cache import lay_out

HEADS, SLOTS, HEAD_DIM = 32, 512, 64


def with_repeated_heads(query, cache, mask):
    group = query.shape[2] // cache.key.shape[1]
    key, value = (jnp.repeat(x, group, axis=1) for x in cache)
    scores = jnp.einsum("BTHN,BHNS->BHTS", query, key) / HEAD_DIM**0.5
    weights = jax.nn.softmax(jnp.where(mask[:, None], scores, -jnp.inf))
    return jnp.einsum("BHTS,BHSN->BTHN", weights, value)


def copies(attend, *inputs):
    """Temporary memory of the compiled program, in keys of all 32 heads."""
    memory = jax.jit(attend).lower(*inputs).compile().memory_analysis()
    return memory.temp_size_in_bytes / (4 * HEADS * SLOTS * HEAD_DIM)


mask = jnp.ones((1, 1, SLOTS), bool)
for kv_heads in (32, 8, 1):
    draw = jax.random.split(jax.random.key(kv_heads), 3)
    query = jax.random.normal(draw[0], (1, 1, HEADS, HEAD_DIM))
    cache = lay_out(*(jax.random.normal(k, (1, SLOTS, kv_heads, HEAD_DIM)) for k in draw[1:]))
    inputs = query, cache, mask
    same = jnp.allclose(cached_attention(*inputs), with_repeated_heads(*inputs), atol=1e-5)
    ours, theirs = (copies(attend, *inputs) for attend in (cached_attention, with_repeated_heads))
    kib = (cache.key.nbytes + cache.value.nbytes) >> 10
    print(f"{kv_heads:2} KV heads: cache {kib:4} KiB, same answer: {same}, "
          f"copies held: {ours:.0f} against {theirs:.0f}")  # fmt: skip
