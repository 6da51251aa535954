"""What the scale does to a softmax over random scores, as at the start of training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


@dataclass(frozen=True)
class AtInit:
    """Averages over many queries, each with its own weights `p` over the same number of keys.

    Attributes:
        score_std: standard deviation of `q . k` before the scale.
        top_weight: mean of the largest weight.
        entropy: mean of `-sum p log p`, in nats; uniform weights have `log(num_keys)`.
        jacobian_trace: mean of `trace(diag(p) - p p.T) = 1 - sum p**2`, at most 1.
        median_gradient: median norm of the gradient that reaches the scores, when one of unit
            normal entries arrives at the weights.
        mean_query_gradient: mean norm of the gradient that reaches the query.
    """

    score_std: float
    top_weight: float
    entropy: float
    jacobian_trace: float
    median_gradient: float
    mean_query_gradient: float


# --8<-- [start:attention_at_init]
def attention_at_init(head_dim: int, *, scale: float, num_keys: int = 64, seed: int = 0) -> AtInit:
    """Statistics of `softmax(scale * q . k)` for unit-normal `q` and `k`.

    Args:
        head_dim: number of components, `d_k`.
        scale: factor on the scores, before the softmax.
        num_keys: keys that each query sees.
        seed: of the draw: 32 sets of keys, with 16 queries each.

    Returns:
        Statistics over the 512 queries.
    """
    return AtInit(*(float(x) for x in _statistics(head_dim, num_keys, scale, seed)))


@partial(jax.jit, static_argnums=(0, 1))
def _statistics(
    head_dim: int, num_keys: int, scale: Float[Array, ""], seed: Int[Array, ""]
) -> tuple[Array, ...]:
    for_query, for_key, for_gradient = jax.random.split(jax.random.key(seed), 3)
    query = jax.random.normal(for_query, (32, 16, head_dim))
    key = jax.random.normal(for_key, (32, num_keys, head_dim))
    upstream = jax.random.normal(for_gradient, (32, 16, num_keys))
    scores = jnp.einsum("BTN,BSN->BTS", query, key)
    p = jax.nn.softmax(scale * scores, axis=-1)
    entropy = -jnp.sum(p * jnp.log(jnp.maximum(p, 1e-30)), axis=-1)
    to_scores = p * (upstream - jnp.sum(p * upstream, axis=-1, keepdims=True))
    to_query = scale * jnp.einsum("BTS,BSN->BTN", to_scores, key)
    return (
        scores.std(),
        p.max(axis=-1).mean(),
        entropy.mean(),
        1 - jnp.sum(p**2, axis=-1).mean(),
        jnp.median(jnp.linalg.norm(to_scores, axis=-1)),
        jnp.linalg.norm(to_query, axis=-1).mean(),
    )


# --8<-- [end:attention_at_init]
