"""One sparse layer: what a token touches, and what a capacity drops."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.mixture_of_experts import (
    ExpertWeights,
    capacity_experts,
    dropless_experts,
    expert_capacity,
)
from whiteboard.architecture.router import route

TOKENS, HIDDEN, EXPERTS, WIDTH, TOP_K = 256, 64, 8, 128, 2
keys = jax.random.split(jax.random.key(0), 5)
shapes = (EXPERTS, HIDDEN, WIDTH), (EXPERTS, HIDDEN, WIDTH), (EXPERTS, WIDTH, HIDDEN)
weights = ExpertWeights(*(jax.random.normal(k, s) / 8 for k, s in zip(keys, shapes)))
x = jax.random.normal(keys[3], (TOKENS, HIDDEN))
router = jax.random.normal(keys[4], (HIDDEN, EXPERTS)) / 8

routing = route(x @ router, top_k=TOP_K)
chosen = [f"{e} with gate {g:.2f}" for e, g in zip(routing.experts[0], routing.gates[0])]
print("token 0 goes to expert", ", ".join(chosen))


def first_token(weights: ExpertWeights) -> jax.Array:
    return dropless_experts(x[:1], route(x[:1] @ router, top_k=TOP_K), weights).sum()


gradient = jax.grad(first_token)(weights)
touched = int((jnp.abs(gradient.up).max(axis=(1, 2)) > 0).sum())
print(f"its gradient reaches {touched} of {EXPERTS} experts")

exact = dropless_experts(x, routing, weights)
for factor in (1.0, 1.25, 2.0):
    rows = expert_capacity(TOKENS, num_experts=EXPERTS, top_k=TOP_K, capacity_factor=factor)
    out, kept = capacity_experts(x, routing, weights, rows)
    same = bool(jnp.allclose(out, exact, atol=1e-4))
    print(f"capacity {rows:3}: {1 - kept.mean():.0%} of the assignments dropped, exact: {same}")
