"""The checks of the absorbed form of multi-head latent attention."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.architecture.attention import causal_mask
from whiteboard.architecture.latent_attention import absorbed_latent_attention
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Attention = Callable[..., Array]
BATCH, TIME, HEADS, LATENT, NOPE, ROPE, VALUE = 2, 5, 3, 13, 7, 6, 11


def _inputs(seed: int = 0) -> list[Array]:
    """Queries, cache and up-projections, drawn by NumPy so that every version gets the same."""
    shapes = (
        (BATCH, TIME, HEADS, NOPE), (BATCH, TIME, HEADS, ROPE), (BATCH, TIME, LATENT),
        (BATCH, TIME, ROPE), (LATENT, HEADS, NOPE), (LATENT, HEADS, VALUE),
    )  # fmt: skip
    draw = np.random.default_rng(seed)
    return [jnp.asarray(draw.normal(size=shape), "float32") for shape in shapes]


def _by_definition(inputs: list[Array]) -> np.ndarray:
    """Keys and values rebuilt one head at a time in float64, causal: the oracle."""
    q, qr, c, kr, uk, uv = (np.asarray(x, np.float64) for x in inputs)
    output = np.zeros((BATCH, TIME, HEADS, VALUE))
    for b, t, h in np.ndindex(BATCH, TIME, HEADS):
        seen = c[b, : t + 1]
        scores = seen @ uk[:, h] @ q[b, t, h] + kr[b, : t + 1] @ qr[b, t, h]
        weights = np.exp(scores / np.sqrt(NOPE + ROPE))
        output[b, t, h] = weights / weights.sum() @ (seen @ uv[:, h])
    return output


def rebuilds_to_the_definition(attend: Attention) -> None:
    """Every output is that of attention over rebuilt keys and values, in float64."""
    inputs = _inputs()
    got = attend(*inputs, causal_mask(TIME))
    expect_close(got, _by_definition(inputs), "13-wide latents, 3 heads")


def order_counts(attend: Attention) -> None:
    """Without a mask, the rotary part alone tells one order of the tokens from another."""
    query, query_rope, latent, rope_key, *up = _inputs()
    mask = jnp.ones((1, 1, TIME, TIME), bool)
    a, b = (attend(query, query_rope, latent, k, *up, mask) for k in (rope_key, rope_key[:, ::-1]))
    expect(jnp.abs(a - b).max() > 0.01, "rotary keys in reverse order: the output is the same")


def masked_latents_stay_unread(attend: Attention) -> None:
    """What stands at a masked position does not reach the output."""
    query, query_rope, latent, rope_key, *up = _inputs()
    mask = causal_mask(TIME)
    before = attend(query, query_rope, latent, rope_key, *up, mask)
    latent, rope_key = (x.at[:, -1].add(9) for x in (latent, rope_key))
    after = attend(query, query_rope, latent, rope_key, *up, mask)
    expect_close(after[:, :-1], before[:, :-1], "causal mask, last token changed")


def decoding_forms_no_keys(attend: Attention) -> None:
    """One more cached token costs ``H (2 C + R)`` multiply-adds, not ``C H (N + V)`` more."""
    heads, latent, nope, rope, value = 8, 64, 32, 16, 32

    def flops(source: int) -> float:
        shapes: list[tuple[int, ...]] = [
            (1, 1, heads, nope), (1, 1, heads, rope), (1, source, latent), (1, source, rope),
            (latent, heads, nope), (latent, heads, value),
        ]  # fmt: skip
        mask = jnp.ones((1, 1, 1, source), bool)
        program = jax.jit(attend).lower(*map(jnp.zeros, shapes), mask).compile()
        return float((program.cost_analysis() or {}).get("flops", 0))

    ratio = (flops(512) - flops(256)) / 256 / (2 * heads * (2 * latent + rope))
    expect(0.9 < ratio < 1.5, f"a cached token costs {ratio:.1f} times the absorbed products")


EXERCISES = (
    Exercise.of(
        absorbed_latent_attention,
        checks=(
            rebuilds_to_the_definition,
            order_counts,
            masked_latents_stay_unread,
            decoding_forms_no_keys,
        ),
        probe=lambda attend: [attend(*_inputs(seed), causal_mask(TIME)) for seed in (1, 2)],
    ),
)
