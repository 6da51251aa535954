"""A miniature isoFLOP study: byte-level decoders on the documentation topics, three budgets.

    python benchmarks/iso_flop.py

Every run is a decoder of two layers, trained on four topics of five and measured on all of the
fifth. Its width sets its size N, and its tokens D are what the budget leaves: C is 6ND and the
attention's share, which is not small here. The learning rate is RATE / width, the best in a trial
at widths 16, 32 and 64; it rises for a tenth of the steps and falls to 0 by the last one, so that
each run is trained for its own length. The text is 0.4 MB: the small models of the largest budget
read it up to ten times. Some minutes on two cores; the losses do not depend on what else runs.
"""

import argparse

import jax
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array

from _record import record, table
from whiteboard.architecture.iso_flop import bootstrap_exponents, fit_iso_flop
from whiteboard.architecture.training_flops import attention_flops, training_flops
from whiteboard.data import python_topics
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.step import fit, next_token_loss

BATCH, TIME, RATE, SEED = 8, 64, 0.4, 0
WIDTHS = {
    4e10: (8, 12, 16, 24, 32),
    1.6e11: (12, 16, 24, 32, 48),
    6.4e11: (24, 32, 48, 64, 96),
}


def shape(width: int) -> DecoderConfig:
    return DecoderConfig.tiny(
        hidden_size=width,
        intermediate_size=3 * width,
        num_heads=2,
        num_kv_heads=2,
        head_dim=width // 2,
        max_length=TIME,
    )


def rows(topics: list[str]) -> np.ndarray:
    """The topics' bytes one after the other, in rows of TIME."""
    ids = np.frombuffer("\n\n".join(topics).encode(), np.uint8).astype(np.int32)
    return ids[: len(ids) // TIME * TIME].reshape(-1, TIME)


def split() -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on, and rows of every fifth topic, which no run sees."""
    topics = list(python_topics().values())
    return rows([text for n, text in enumerate(topics) if n % 5]), rows(topics[::5])


def steps_of(config: DecoderConfig, compute: float) -> int:
    """Steps of BATCH x TIME tokens that a budget of FLOPs pays for."""
    per_step = training_flops(config.num_parameters, BATCH * TIME) + attention_flops(
        config.hidden_size, config.num_layers, TIME, BATCH * TIME
    )
    return round(compute / per_step)


@jax.jit
def loss(decoder: Decoder, tokens: Array) -> Array:
    return next_token_loss(decoder(tokens), tokens)


def run(width: int, compute: float) -> dict[str, float]:
    """Train one decoder for its share of a budget, and measure it on the held-out rows."""
    config = shape(width)
    steps = steps_of(config, compute)
    train, held_out = split()
    draw = np.random.default_rng(SEED)
    epochs = -(-steps * BATCH // len(train))
    order = np.concatenate([draw.permutation(len(train)) for _ in range(epochs)])
    batches = train[order[: steps * BATCH]].reshape(steps, BATCH, TIME)
    rate = optax.schedules.warmup_cosine_decay_schedule(0, RATE / width, steps // 10, steps)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate, b2=0.95))
    decoder = Decoder(config, rngs=nnx.Rngs(SEED))
    fit(decoder, batches, loss=loss, optimizer=optimizer)
    held = held_out[: len(held_out) // 64 * 64].reshape(-1, 64, TIME)
    return {
        "compute": compute,
        "width": width,
        "parameters": config.num_parameters,
        "tokens": steps * BATCH * TIME,
        "epochs": round(steps * BATCH / len(train), 1),
        "loss": round(float(np.mean([loss(decoder, each) for each in held])), 4),
    }


def exponents(runs: list[dict[str, float]]) -> dict[str, dict[str, object]]:
    """N* and D* against C with 90% intervals; N also as Kaplan counted, without the embedding."""
    column = {name: np.array([run[name] for run in runs]) for name in runs[0]}
    table_size = shape(8).vocab_size * column["width"]
    counts = {
        "parameters": column["parameters"],
        "tokens": column["tokens"],
        "parameters without embedding": column["parameters"] - table_size,
    }
    found: dict[str, dict[str, object]] = {}
    for name, sizes in counts.items():
        study = (column["compute"], sizes.astype(float), column["loss"])
        fitted, drawn = fit_iso_flop(*study), bootstrap_exponents(*study)
        found[name] = {
            "optima": [float(f"{x:.4g}") for x in fitted.optima],
            "exponent": round(fitted.exponent, 3),
            "interval": [round(float(x), 3) for x in np.nanquantile(drawn, [0.05, 0.95])],
            "without_minimum": round(float(np.isnan(drawn).mean()), 3),
        }
    return found


def main() -> None:
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    runs = []
    for compute, widths in WIDTHS.items():
        for width in widths:
            runs.append(run(width, compute))
            print(runs[-1], flush=True)
    fits = exponents(runs)
    table(fits)
    train, held_out = split()
    conditions = {
        "batch": BATCH,
        "time": TIME,
        "rate_times_width": RATE,
        "seed": SEED,
        "training_bytes": train.size,
        "held_out_bytes": held_out.size,
    }
    results = {"conditions": conditions, "fits": fits, "runs": runs}
    print(record("iso_flop", results, packages=("jax", "flax", "optax", "numpy")))


if __name__ == "__main__":
    main()
