"""SmolLM2-135M with other numbers of KV heads: the loss, a short uptraining, and decode time.

    python benchmarks/grouped_heads.py            # both parts
    python benchmarks/grouped_heads.py --decode   # the times anew, beside the stored losses

The model has 3 KV heads for 9 query heads. It is cut to 1 by mean-pooling, and by keeping the first
head; both are then trained for 60 steps of 4 x 64 tokens on documentation topics, and so is the
unchanged model, to tell what is regained from what is learnt of the topics. Query, key, value and
output projections are trained with Adam at a rate that falls to 0, in float32: nothing else has a
reason to change. (At 1e-3 without clipping the mean's loss rises again from step 45, and ends at
6.26 against 6.57 for the first head: the order after so short a training depends on the settings.)
The held-out topics are every fifth one. Some minutes on two cores.

Decoding: one token after a cache of SLOTS tokens, all of them read, with 9 (repeated: the same
model), 3 and 1 KV heads, in turns. The fastest of ROUNDS is kept: other work only adds time.
"""

import argparse
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array

from _record import interleaved, record, recorded, table
from whiteboard import lm
from whiteboard.data import python_topics
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.generate import decode_step, empty_cache
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.pool_heads import first_heads, mean_pool_heads, repeat_heads, with_kv_heads
from whiteboard.training.step import fit, next_token_loss

STEPS, BATCH, TIME, HELD_OUT, RATE = 60, 4, 64, 64, 6e-4
SLOTS, ROUNDS = 4096, 15


def windows(model: LanguageModel, topics: list[str]) -> np.ndarray:
    """The topics one after the other, in rows of TIME tokens."""
    ids = np.array(model.tokenizer.encode("\n\n".join(topics)))
    return ids[: len(ids) // TIME * TIME].reshape(-1, TIME)


def split(model: LanguageModel) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on in a fixed order, and HELD_OUT rows spread over topics that are not."""
    topics = list(python_topics().values())
    kept = [text for number, text in enumerate(topics) if number % 5]
    held_out = windows(model, topics[::5])
    rows = np.random.default_rng(0).permutation(windows(model, kept))
    spread = np.linspace(0, len(held_out) - 1, HELD_OUT).astype(int)
    return rows[: STEPS * BATCH].reshape(STEPS, BATCH, TIME), held_out[spread]


@jax.jit
def loss(decoder: Decoder, tokens: Array) -> Array:
    return next_token_loss(decoder(tokens), tokens)


def mean_loss(decoder: Decoder, rows: np.ndarray) -> float:
    """Nats a token over all rows, a batch at a time."""
    return float(np.mean([loss(decoder, rows[i : i + 8]) for i in range(0, len(rows), 8)]))


def in_attention(path: tuple[object, ...], _: object) -> bool:
    return "attention" in path


def uptrained(model: LanguageModel) -> dict[str, dict[str, object]]:
    """Held-out loss before and after training, and the loss of each step."""
    batches, held_out = split(model)
    rows = {}
    for name, decoder in {
        "3 KV heads, unchanged": model.decoder,
        "1 KV head, mean": with_kv_heads(model.decoder, 1, mean_pool_heads),
        "1 KV head, first": with_kv_heads(model.decoder, 1, first_heads),
    }.items():
        decoder = nnx.clone(decoder)  # training changes it, and the next one starts from the first
        before = mean_loss(decoder, held_out)
        optimizer = optax.chain(
            optax.clip_by_global_norm(1.0), optax.adam(optax.linear_schedule(RATE, 0, STEPS))
        )
        losses = fit(decoder, batches, loss=loss, optimizer=optimizer, wrt=in_attention)
        rows[name] = {
            "before": round(before, 3),
            "after": round(mean_loss(decoder, held_out), 3),
            "training": [round(float(x), 3) for x in losses],
        }
        print(name, rows[name]["before"], "to", rows[name]["after"], flush=True)
    return rows


def decoded(decoder: Decoder) -> dict[str, dict[str, object]]:
    """Bytes that a decode step reads and the time it takes, by the number of KV heads."""
    decoders = {
        9: with_kv_heads(decoder, 9, repeat_heads),
        3: decoder,
        1: with_kv_heads(decoder, 1),
    }
    caches = {k: empty_cache(d, batch=1, slots=SLOTS) for k, d in decoders.items()}
    token, position = jnp.array([7]), jnp.array([SLOTS - 1])

    def step(kv_heads: int) -> None:
        decoder, cache = decoders[kv_heads], caches.pop(kv_heads)
        logits, caches[kv_heads] = decode_step(decoder, token, position, cache)
        jax.block_until_ready(logits)

    times = interleaved({str(k): partial(step, k) for k in decoders}, rounds=ROUNDS)
    seconds = {name: min(values) for name, values in times.items()}
    return {
        str(k): {
            "cache_bytes": sum(x.nbytes for x in jax.tree.leaves(caches[k])),
            "weight_bytes": 4 * d.config.num_parameters,
            "milliseconds": round(1e3 * seconds[str(k)], 1),
            "time_of_9_heads": round(seconds[str(k)] / seconds["9"], 2),
        }
        for k, d in decoders.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--decode", action="store_true", help="keep the stored losses")
    keep_losses = parser.parse_args().decode
    model = lm.load("smollm2-135m")
    decode = decoded(model.decoder)
    table(decode)
    losses = recorded("grouped_heads")["uptraining"] if keep_losses else uptrained(model)
    conditions = {"slots": SLOTS, "steps": STEPS, "batch": BATCH, "time": TIME, "rate": RATE,
                  "held_out_rows": HELD_OUT}  # fmt: skip
    results = {"conditions": conditions, "decode": decode, "uptraining": losses}
    print(record("grouped_heads", results, packages=("jax", "flax", "optax")))


if __name__ == "__main__":
    main()
