"""SmolLM2-135M's loss by position up to 16,384 tokens: RoPE as trained, and scaled three ways.

    python benchmarks/long_context.py               # all
    python benchmarks/long_context.py plain window  # these anew, beside the stored others

The model was trained on 8,192 tokens. One text, documentation topics one after the other, is read
once by each scheme; nothing is trained. `window` reads the same text within the trained length:
past 8,192 tokens it sees only the last 4,096 to 8,192, at positions that start anew. It is what a
scheme must beat to be worth its cost, and shows which parts of the text are hard in themselves.

A chunk of 512 tokens at a time goes through the KV cache, so memory stays under 6 GB; the cache
grows by 4,096 slots, because a step's cost follows them. About 20 minutes on two cores.
"""

import argparse
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array

from _record import record, recorded
from whiteboard import lm
from whiteboard.architecture.rope_scaling import METHODS, RopeScaling
from whiteboard.data import python_topics
from whiteboard.lm.context import Cache
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.generate import empty_cache
from whiteboard.lm.longer_context import with_rope_scaling

LENGTH, TRAINED, CHUNK, GROWTH, BLOCK = 16_384, 8192, 512, 4096, 1024
FACTOR = LENGTH / TRAINED
SCHEMES = ("plain", *METHODS, "window")


def text() -> np.ndarray:
    """The first LENGTH + 1 tokens of the topics, in their order."""
    ids = lm.load("smollm2-135m").tokenizer.encode("\n\n".join(python_topics().values()))
    return np.array(ids[: LENGTH + 1], np.int32)


def scaled(decoder: Decoder, method: str | None) -> Decoder:
    """The same weights with other rotary frequencies; None for those of training."""
    scaling = method and RopeScaling(method=method, factor=FACTOR, original_length=TRAINED)
    return with_rope_scaling(decoder, scaling or None)


@partial(jax.jit, donate_argnames="cache")
def step(
    decoder: Decoder, tokens: Array, targets: Array, position: Array, cache: Cache
) -> tuple[Array, Cache]:
    """Loss of each of a chunk's tokens, and the cache with the chunk in it."""
    logits, cache = decoder(tokens, cache=cache, position=position)
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets)[0], cache


def grown(cache: Cache, larger: Cache) -> Cache:
    """The larger, empty cache with the smaller one at its beginning."""

    def put(old: Array, new: Array) -> Array:
        return jax.lax.dynamic_update_slice(new, old, (0,) * new.ndim)

    return jax.tree.map(put, cache, larger)


def token_losses(decoder: Decoder, ids: np.ndarray) -> np.ndarray:
    """``-log p(ids[t + 1] | ids[: t + 1])`` in nats; whole chunks of CHUNK tokens."""
    length, slots = len(ids) - 1, 0
    cache: Cache = ()
    losses = []
    for start in range(0, length, CHUNK):
        end = start + CHUNK
        if end > slots:
            slots = min(slots + GROWTH, length)
            larger = empty_cache(decoder, batch=1, slots=slots)
            cache = grown(cache, larger) if cache else larger
        tokens, targets = ids[None, start:end], ids[None, start + 1 : end + 1]
        loss, cache = step(decoder, tokens, targets, jnp.array([start]), cache)
        losses.append(np.asarray(loss))
    return np.concatenate(losses)


def within_the_window(decoder: Decoder, ids: np.ndarray) -> np.ndarray:
    """The losses after TRAINED tokens, in windows of that length that start anew half way."""
    half, parts = TRAINED // 2, []
    for start in range(half, LENGTH - TRAINED + 1, half):
        parts.append(token_losses(decoder, ids[start : start + TRAINED + 1])[half:])
    return np.concatenate(parts)


def by_block(losses: np.ndarray) -> list[float]:
    """Means of BLOCK tokens."""
    return [round(float(block.mean()), 3) for block in losses.reshape(-1, BLOCK)]


def measure(name: str, decoder: Decoder, ids: np.ndarray, results: dict[str, dict]) -> None:
    """Add one scheme's blocks, and the mean of its first chunk, to the results."""
    blocks = results["blocks"]
    if name == "window":
        # Within the trained length it is the plain model.
        within = blocks["plain"][: TRAINED // BLOCK]
        blocks[name] = within + by_block(within_the_window(decoder, ids))
    else:
        losses = token_losses(scaled(decoder, None if name == "plain" else name), ids)
        blocks[name] = by_block(losses)
        results["first_chunk"][name] = round(float(losses[:CHUNK].mean()), 4)
    print(name, blocks[name], flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scheme", nargs="*", help="measure these anew, beside the stored others")
    chosen = parser.parse_args().scheme or SCHEMES
    if unknown := set(chosen) - set(SCHEMES):
        parser.error(f"wanted some of {SCHEMES}, got {unknown}")
    decoder, ids = lm.load("smollm2-135m").decoder, text()
    conditions = {"length": LENGTH, "trained": TRAINED, "block": BLOCK, "chunk": CHUNK,
                  "factor": FACTOR}  # fmt: skip
    results: dict[str, dict] = {"conditions": conditions, "blocks": {}, "first_chunk": {}}
    if len(chosen) < len(SCHEMES):
        results |= recorded("long_context")
    for name in chosen:
        measure(name, decoder, ids, results)
        record("long_context", results, packages=("jax", "flax", "optax"))  # after each: it is long


if __name__ == "__main__":
    main()
