"""Decoding SmolLM2-135M with the KV cache and without, by tokens of context.

    python benchmarks/kv_cache.py

Under a minute on two idle cores. Without a cache every new token is a pass over the whole text.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array

from _record import interleaved, medians, record, table
from whiteboard import lm
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.generate import decode_step, empty_cache

CONTEXTS = (128, 256, 512, 1024)
ROUNDS, STEPS = 5, 8


@jax.jit
def recompute(decoder: Decoder, tokens: Array) -> Array:
    hidden, _ = decoder.hidden(tokens)
    return decoder.unembed(hidden[:, -1:])[:, 0]


def flops(program: jax.stages.Lowered) -> float:
    return float(program.compile().cost_analysis()["flops"])


def main() -> None:
    decoder = lm.load("smollm2-135m").decoder
    rows = {}
    for context in CONTEXTS:
        cache = empty_cache(decoder, batch=1, slots=context)
        token, position = jnp.array([7]), jnp.array([context - 1])
        tokens = jnp.full((1, context), 7, jnp.int32)

        def with_cache(token: Array = token, position: Array = position) -> None:
            nonlocal cache
            for _ in range(STEPS):
                logits, cache = decode_step(decoder, token, position, cache)
            jax.block_until_ready(logits)

        def without(tokens: Array = tokens) -> None:
            jax.block_until_ready(recompute(decoder, tokens))

        found = medians(interleaved({"with": with_cache, "without": without}, rounds=ROUNDS))
        rows[str(context)] = {
            "cached_tokens_per_second": round(STEPS / found["with"], 1),
            "recomputed_tokens_per_second": round(1 / found["without"], 2),
            "speedup": round(STEPS * found["without"] / found["with"], 1),
            "flops_ratio": round(
                flops(recompute.lower(decoder, tokens))
                / flops(decode_step.lower(decoder, token, position, cache)),
                1,
            ),
        }
    table(rows)
    print(record("kv_cache", rows, packages=("jax", "flax")))


if __name__ == "__main__":
    main()
