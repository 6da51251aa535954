"""Supervised fine-tuning of SmolLM2-135M to answer with a JSON record, and what else it changes.

    python benchmarks/supervised_fine_tuning.py
    python benchmarks/supervised_fine_tuning.py LoRA      # one run; the others stay as stored

264 conversations, each a sentence about a person and its record, are packed into rows of TIME
tokens, two to a row; only the answers count. LoRA adapters of rank RANK on the query and value
projections are trained for STEPS steps of BATCH rows with Adam at a rate that falls to 0; then the
same from the start at ten times the rate. At the steps of WATCHED four things are measured: how
many of 24 held-out sentences get an answer in the format, and how many the right one, decoded
greedily; the loss on the held-out answers; the loss on documentation topics, which have nothing to
do with the task; and how likely the last word of 32 common facts is.
A run takes two or three minutes on two idle cores; what is recorded does not depend on what else
runs.
"""

import argparse
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from _record import record, recorded, table
from whiteboard import lm
from whiteboard.adaptation.lora import add_lora
from whiteboard.architecture.packing import Example, Packed, pack
from whiteboard.data import python_topics
from whiteboard.data.common_facts import COMMON_FACTS
from whiteboard.data.json_records import Record, is_record, json_records
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.tokenizer import Tokenizer
from whiteboard.training.chat_example import chat_example
from whiteboard.training.packed_rows import packed_logits, packed_loss
from whiteboard.training.step import fit

TRAIN, HELD_OUT, STEPS, BATCH, TIME = 264, 24, 33, 4, 128
RANK, ALPHA, RATES = 8, 16.0, {"LoRA": 2e-3, "LoRA, ten times the rate": 2e-2}
TEXT_ROWS = 16
WATCHED = (0, 5, 10, 20, STEPS)


def rows(tokenizer: Tokenizer, records: Sequence[Record]) -> Packed:
    return pack([chat_example(tokenizer, r.messages) for r in records], TIME)


def held_out() -> dict[str, list[Record]]:
    """Sentences that are not trained on, of the words of training and of others."""
    return {
        "held out": json_records(HELD_OUT, seed=1),
        "new words": json_records(HELD_OUT, new_words=True),
    }


def batches(tokenizer: Tokenizer) -> list[Packed]:
    """STEPS batches of BATCH rows, each epoch in an order of its own."""
    packed, draw = rows(tokenizer, json_records(TRAIN)), np.random.default_rng(0)
    count = len(packed.tokens)
    order = np.concatenate([draw.permutation(count) for _ in range(-(-STEPS * BATCH // count))])
    return [
        Packed(*(part[order[i * BATCH : (i + 1) * BATCH]] for part in packed)) for i in range(STEPS)
    ]


def in_fours(packed: Packed) -> list[Packed]:
    """Batches of BATCH rows; rows of padding fill the last one up, and never count."""
    missing = -len(packed.tokens) % BATCH
    padded = [np.pad(part, ((0, missing), (0, 0))) for part in packed]
    return [
        Packed(*(part[i : i + BATCH] for part in padded)) for i in range(0, len(padded[0]), BATCH)
    ]


def measured_sets(tokenizer: Tokenizer) -> dict[str, list[Packed]]:
    """What losses are measured on: held-out answers, topics, and the last words of facts."""
    text = tokenizer.encode("\n\n".join(list(python_topics().values())[::5]))
    starts = np.linspace(0, len(text) - TIME, TEXT_ROWS).astype(int)
    topics = [Example(text[i : i + TIME], [True] * TIME) for i in starts]
    facts = []
    for beginning, word in COMMON_FACTS:
        before, after = tokenizer.encode(beginning), tokenizer.encode(word)
        facts.append(Example(before + after, [False] * len(before) + [True] * len(after)))
    return {
        **{name: in_fours(rows(tokenizer, records)) for name, records in held_out().items()},
        "topics": in_fours(pack(topics, TIME)),
        "facts": in_fours(pack(facts, TIME)),
    }


@jax.jit
def sums(decoder: Decoder, batch: Packed) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Over the counted tokens: the sum of losses, how many are the likeliest, and their number."""
    logits = packed_logits(decoder, *batch[:2])[:, :-1]
    tokens, counted = batch.tokens[:, 1:], batch.counted[:, 1:]
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, tokens)
    likeliest = (logits.argmax(-1) == tokens) & counted
    return jnp.where(counted, losses, 0).sum(), likeliest.sum(), counted.sum()


def measure(decoder: Decoder, tokenizer: Tokenizer) -> dict[str, object]:
    """All that is measured of one state of the model."""
    totals = {
        name: np.sum([sums(decoder, batch) for batch in part], axis=0)
        for name, part in measured_sets(tokenizer).items()
    }
    row: dict[str, object] = {
        name: round(float(total[0] / total[2]), 4) for name, total in totals.items()
    }
    row["facts' tokens first"] = int(totals["facts"][1])
    model = LanguageModel(decoder, tokenizer)
    for name, records in held_out().items():
        answers = model.chat([r.prompt for r in records], max_new_tokens=32)
        row[f"{name}, in the format"] = sum(is_record(a) for a in answers)
        row[f"{name}, right"] = sum(a == r.json for a, r in zip(answers, records))
        row[f"{name}, sample"] = [records[0].sentence, answers[0]]
    return row


def adapted(decoder: Decoder) -> Decoder:
    """A copy with new adapters, which change nothing yet."""
    copy = nnx.clone(decoder)
    add_lora(copy, rank=RANK, alpha=ALPHA, rngs=nnx.Rngs(0))
    return copy


def run(model: LanguageModel, rate: float) -> dict[str, object]:
    """Fine-tune from the start; the loss of each step, and what was measured on the way."""
    decoder, seen = adapted(model.decoder), {}

    def watch(steps: int) -> None:
        if steps in WATCHED:
            seen[str(steps)] = measure(decoder, model.tokenizer)
            print(steps, seen[str(steps)], flush=True)

    losses = fit(
        decoder,
        batches(model.tokenizer),
        loss=packed_loss,
        optimizer=optax.adam(optax.linear_schedule(rate, 0, STEPS)),
        wrt=nnx.LoRAParam,
        watch=watch,
    )
    watch(STEPS)
    return {"rate": rate, "training": [round(float(x), 4) for x in losses], "measured": seen}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("only", nargs="?", choices=RATES, help="one run; the others stay")
    names = [name] if (name := parser.parse_args().only) else list(RATES)
    model = lm.load("smollm2-135m")
    adapters = jax.tree.leaves(nnx.state(adapted(model.decoder), nnx.LoRAParam))
    runs = {name: run(model, RATES[name]) for name in names}
    for name in runs:
        table(runs[name]["measured"])
    conditions = {
        "train": TRAIN, "held_out": HELD_OUT, "steps": STEPS, "batch": BATCH, "time": TIME,
        "rank": RANK, "alpha": ALPHA, "trained_weights": sum(x.size for x in adapters),
        "weights": model.config.num_parameters, "facts": len(COMMON_FACTS),
        "fact_tokens": sum(len(model.tokenizer.encode(word)) for _, word in COMMON_FACTS),
    }  # fmt: skip
    every = recorded("supervised_fine_tuning").get("runs", {}) | runs
    results = {"conditions": conditions, "runs": {n: every[n] for n in RATES if n in every}}
    print(record("supervised_fine_tuning", results, packages=("jax", "flax", "optax")))


if __name__ == "__main__":
    main()
