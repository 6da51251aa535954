"""SmolLM2-135M taught two formats by SFT, then to prefer one of them by DPO, for too long.

    python benchmarks/preference_training.py

SFT on sentences about made-up people, answered in YAML or in JSON by the toss of a coin, gives the
reference: a model that writes both. Then DPO on pairs, YAML chosen and JSON rejected, both with the
right content; and the same with the chosen answers' loss per token added. LoRA on all linear
layers, Adam, a constant rate that is high on purpose: what takes an epoch at a usual one happens
here within some steps. People, ages and cities of the held-out sentences do not occur in training.

At some steps: mean log-probabilities of the held-out pairs' answers, and one answer at temperature
1 to each held-out sentence. The true reward is whether it is the right record in YAML, to the
letter. KL is the mean of log pi/pi_ref of those answers. Some minutes on two cores.
"""

import argparse
import random
from collections.abc import Iterator
from functools import partial

import jax
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array

from _record import record
from whiteboard import lm
from whiteboard.adaptation.lora import add_lora, merge_lora
from whiteboard.lm import chat_template
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.generate import generate_tokens
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.sampling import Sampling
from whiteboard.training.preference_training import (
    PreferencePairs,
    dpo_objective,
    pair_log_probs,
    preference_pairs,
    with_reference,
)
from whiteboard.training.step import fit, next_token_loss

TIME, BATCH, TRAIN, HELD_OUT, NEW_TOKENS = 64, 4, 64, 16, 32
RANK, SFT_STEPS, SFT_RATE = 8, 24, 1e-3
DPO_STEPS, DPO_RATE, BETA = 24, 5e-4, 0.1
WATCHED = (0, 1, 2, 4, 6, 8, 12, 16, 20, 24)
RUNS = {"DPO": 0.0, "DPO + NLL": 1.0}  # weight of the second term
SYSTEM = "Turn the sentence into a record."
SENTENCES = (
    "{} is {} years old and lives in {}.",
    "{}, {}, lives in {}.",
    "{}, aged {}, is in {}.",
)
NAMES = "Ada Ben Carla Dmitri Elena Farid Grace Hugo Ines Jonas Kira Liam Mona Nora Omar Petra"
CITIES = "Paris Rome Oslo Cairo Lima Delhi Tokyo Berlin Madrid Athens Dublin Prague Vienna Lisbon"
NEW_NAMES, NEW_CITIES = "Quinn Rosa Samir Tessa Victor Wanda", "London Quito Seoul Warsaw Zurich"

Record = tuple[str, str, str]
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def yaml(person: Record) -> str:
    return "name: {}\nage: {}\ncity: {}".format(*person)


def json(person: Record) -> str:
    return '{{"name": "{}", "age": {}, "city": "{}"}}'.format(*person)


def people() -> tuple[list[Record], list[Record]]:
    """People to train on, and people who are not among them: other names, ages and cities."""
    draw = random.Random(0)

    def person(names: str, cities: str, parity: int) -> Record:
        age = str(2 * draw.randrange(10, 45) + parity)
        return draw.choice(names.split()), age, draw.choice(cities.split())

    return (
        [person(NAMES, CITIES, 0) for _ in range(TRAIN)],
        [person(NEW_NAMES, NEW_CITIES, 1) for _ in range(HELD_OUT)],
    )


def prompt(model: LanguageModel, person: Record) -> list[int]:
    sentence = SENTENCES[sum(map(ord, "".join(person))) % len(SENTENCES)].format(*person)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": sentence}]
    return chat_template.encode(model.tokenizer, messages)


def pairs_of(model: LanguageModel, persons: list[Record]) -> PreferencePairs:
    """YAML chosen, JSON rejected; each ends with the end token."""

    def ids(text: str) -> list[int]:
        return [*model.tokenizer.encode(text), model.tokenizer.eos_id]

    triples = [(prompt(model, p), ids(yaml(p)), ids(json(p))) for p in persons]
    return preference_pairs(triples, time=TIME)


def batches(pairs: PreferencePairs, steps: int, seed: int) -> Iterator[PreferencePairs]:
    draw, number = np.random.default_rng(seed), len(pairs.tokens)
    order = np.concatenate([draw.permutation(number) for _ in range(-(-steps * BATCH // number))])
    for rows in order[: steps * BATCH].reshape(steps, BATCH):
        yield jax.tree.map(lambda x, rows=rows: x[rows], pairs)


def sft_loss(decoder: Decoder, batch: tuple[Array, Array]) -> Array:
    return next_token_loss(decoder(batch[0]), batch[0], batch[1])


def taught_both(model: LanguageModel, pairs: PreferencePairs) -> list[float]:
    """SFT in place, the format of each answer drawn at random; the adapters are merged."""
    draw, rows = np.random.default_rng(1), np.arange(BATCH)
    drawn = (
        (each.tokens[rows, coin], each.answer[rows, coin])
        for each in batches(pairs, SFT_STEPS, seed=2)
        for coin in [draw.permutation(rows % 2)]
    )
    add_lora(model.decoder, rank=RANK, alpha=2.0 * RANK, targets=LINEAR, rngs=nnx.Rngs(0))
    optimizer = optax.adam(optax.linear_schedule(SFT_RATE, 0, SFT_STEPS))
    losses = fit(model.decoder, drawn, loss=sft_loss, optimizer=optimizer, wrt=nnx.LoRAParam)
    merge_lora(model.decoder)
    return [round(float(x), 3) for x in losses]


def sampled(
    model: LanguageModel, decoder: Decoder, reference: Decoder, persons: list[Record]
) -> dict[str, object]:
    """One answer a person at temperature 1: how many are right, KL, and the answers themselves."""
    prompts = [prompt(model, p) for p in persons]
    settings = Sampling(temperature=1.0, seed=7)
    steps = generate_tokens(decoder, prompts, max_new_tokens=NEW_TOKENS, sampling=settings)
    rows = np.stack(list(steps), axis=1).tolist()
    eos = model.tokenizer.eos_id
    answers = [row[: row.index(eos) + 1] if eos in row else row for row in rows]
    texts = [model.tokenizer.decode([i for i in ids if i != eos]) for ids in answers]
    scored = preference_pairs(
        [(p, ids, ids) for p, ids in zip(prompts, answers)],
        time=max(map(len, prompts)) + NEW_TOKENS,
    )
    policy, held = (np.asarray(pair_log_probs(d, scored))[:, 0] for d in (decoder, reference))
    right = {"yaml": yaml, "json": json}
    shares = {
        name: sum(text == form(p) for text, p in zip(texts, persons)) / len(persons)
        for name, form in right.items()
    }
    return shares | {"kl": round(float((policy - held).mean()), 2), "samples": texts}


def preferred(
    model: LanguageModel, train: PreferencePairs, held_out: PreferencePairs, persons: list[Record],
    nll_weight: float,
) -> dict[str, object]:  # fmt: skip
    """DPO from the model as it is; what each watched step saw."""
    decoder, rows = nnx.clone(model.decoder), []
    add_lora(decoder, rank=RANK, alpha=2.0 * RANK, targets=LINEAR, rngs=nnx.Rngs(3))

    def watch(step: int) -> None:
        if step not in WATCHED:
            return
        merged = nnx.clone(decoder)
        merge_lora(merged)
        chosen, rejected = np.asarray(pair_log_probs(merged, held_out)).mean(axis=0)
        seen = {
            "step": step,
            "chosen": round(float(chosen), 2),
            "rejected": round(float(rejected), 2),
        }
        rows.append(seen | sampled(model, merged, model.decoder, persons))
        print(list(rows[-1].values())[:6], rows[-1]["samples"][:3], flush=True)

    losses = fit(
        decoder,
        batches(train, DPO_STEPS, seed=4),
        loss=partial(dpo_objective, beta=BETA, nll_weight=nll_weight),
        optimizer=optax.adam(DPO_RATE),
        wrt=nnx.LoRAParam,
        watch=watch,
    )
    watch(DPO_STEPS)
    return {"loss": [round(float(x), 4) for x in losses], "watched": rows}


def compute() -> dict[str, object]:
    """All that is recorded."""
    model = lm.load("smollm2-135m")
    train_people, new_people = people()
    train, held_out = (pairs_of(model, each) for each in (train_people, new_people))
    untrained = with_reference(model.decoder, held_out, batch=4).reference.mean(axis=0)
    sft = taught_both(model, train)
    print("SFT", sft, flush=True)
    train, held_out = (with_reference(model.decoder, each, batch=4) for each in (train, held_out))
    runs = {
        name: preferred(model, train, held_out, new_people, weight) for name, weight in RUNS.items()
    }
    conditions = {
        "beta": BETA,
        "rate": DPO_RATE,
        "steps": DPO_STEPS,
        "pairs": TRAIN,
        "batch": BATCH,
        "held_out": HELD_OUT,
        "sft_steps": SFT_STEPS,
        "nll_weight": RUNS,
    }
    return {
        "conditions": conditions,
        "untrained": [round(float(x), 2) for x in untrained],
        "sft_loss": sft,
        "runs": runs,
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    print(record("preference_training", compute(), packages=("jax", "flax", "optax")))


if __name__ == "__main__":
    main()
