"""A tiny decoder pre-trained from scratch, then fine-tuned to a format: what each stage teaches.

    python benchmarks/pretraining.py

The text is half Python documentation, half sentences about 64 places that do not exist, in five
wordings. Fine-tuning asks for a capital and wants `{"capital":"..."}` and the end token: of 40
places told, with and without pre-training text among the batches, at one rate and at ten times
that; of 40 that no text has told; and of the first 40 with a model that was not pre-trained.
Measured before and after: answers about the 24 places told that fine-tuning did not ask for, and
about 24 never told; whether the capital of the 24 completes a sentence of the pre-training; and the
loss on held-out documentation. Some minutes on two idle cores.
"""

import jax
import numpy as np
import optax
from flax import nnx

from _record import record
from whiteboard.architecture.packing import Example, Packed, pack
from whiteboard.data import python_topics
from whiteboard.data.atlas import Place, atlas, in_the_format
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.tokenizer import ByteTokenizer
from whiteboard.training.packed_rows import packed_loss
from whiteboard.training.step import fit, next_token_loss

PLACES = atlas(128)
ASKED, NEW, KEPT, UNTOLD = PLACES[:40], PLACES[40:80], PLACES[80:104], PLACES[104:]
TOLD = ASKED + KEPT
STEPS, BATCH, TIME, RATE = 2000, 32, 64, 3e-3
SFT_STEPS, SFT_RATE = 200, 5e-4
TOKENIZER = ByteTokenizer()


def windows(text: str) -> np.ndarray:
    ids = np.array(TOKENIZER.encode(text), np.int32)
    return ids[: len(ids) // TIME * TIME].reshape(-1, TIME)


def topics() -> tuple[str, str]:
    """Documentation to train on, and every fifth topic, held out."""
    texts = list(python_topics().values())
    kept = "\n\n".join(text for n, text in enumerate(texts) if n % 5)
    return kept, "\n\n".join(texts[::5])


def batches() -> np.ndarray:
    """Half of each batch documentation, half the atlas; [STEPS, BATCH, TIME] of token ids."""
    draw, needed = np.random.default_rng(0), STEPS * BATCH // 2
    documentation, sentences = windows(topics()[0]), [s for p in TOLD for s in p.sentences]
    facts: list[np.ndarray] = []
    while sum(map(len, facts)) < needed:
        facts.append(windows("\n".join(sentences[i] for i in draw.permutation(len(sentences)))))
    docs = documentation[draw.integers(0, len(documentation), needed)]
    both = np.stack([docs, np.concatenate(facts)[:needed]], axis=1)
    return both.reshape(STEPS, BATCH, TIME)


def examples(places: list[Place]) -> list[Example]:
    found = []
    for place in places:
        question, answer = (TOKENIZER.encode(t) for t in (place.question, place.answer))
        answer = [*answer, TOKENIZER.eos_id]
        counted = [False] * len(question) + [True] * len(answer)
        found.append(Example(question + answer, counted))
    return found


@jax.jit
def loss(decoder: Decoder, tokens: jax.Array) -> jax.Array:
    return next_token_loss(decoder(tokens), tokens)


def pretrained(steps: int = STEPS) -> tuple[Decoder, list[float]]:
    """The decoder after the first `steps` of STEPS steps, and the loss of each."""
    decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    rate = optax.schedules.warmup_cosine_decay_schedule(0, RATE, STEPS // 20, STEPS)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, b2=0.95))
    losses = fit(decoder, batches()[:steps], loss=loss, optimizer=optimizer)
    return decoder, [float(x) for x in losses]


def fine_tuned(
    decoder: Decoder, places: list[Place], *, rate: float = SFT_RATE, replay: bool = False
) -> tuple[Decoder, list[float]]:
    """A copy trained on questions about these places, BATCH a step; and the loss on them alone.

    With replay, a batch of the pre-training joins each batch of questions: to the loss these are
    rows in which everything counts.
    """
    decoder, rows = nnx.clone(decoder), pack(examples(places), TIME)
    draw, losses = np.random.default_rng(0), list[float]()
    old = batches()[:SFT_STEPS]

    def batch(step: int) -> Packed:
        some = draw.permutation(len(rows.tokens))[:BATCH]
        asked = Packed(*(part[some] for part in rows))
        if not replay:
            return asked
        again = Packed(old[step], np.ones_like(old[step]), np.ones(old[step].shape, bool))
        return Packed(*map(np.concatenate, zip(asked, again)))

    def watch(step: int) -> None:
        if step % 10 == 0:
            losses.append(float(answer_loss(decoder, Packed(*rows))))

    fit(
        decoder,
        map(batch, range(SFT_STEPS)),
        loss=packed_loss,
        optimizer=optax.adam(optax.linear_schedule(rate, 0, SFT_STEPS)),
        watch=watch,
    )
    watch(SFT_STEPS)
    return decoder, losses


answer_loss = jax.jit(packed_loss)


def measure(decoder: Decoder) -> dict[str, object]:
    """Format and capitals on places kept from fine-tuning, recall of sentences, held-out loss."""
    model = LanguageModel(decoder, TOKENIZER)
    row: dict[str, object] = {}
    for name, places in {"told": KEPT, "never told": UNTOLD}.items():
        answers = model.generate([p.question for p in places], max_new_tokens=28)
        row[f"format, {name}"] = sum(map(in_the_format, answers))
        row[f"right, {name}"] = sum(a == p.answer for a, p in zip(answers, places))
        row[f"sample, {name}"] = [places[0].question, answers[0], places[0].capital]
    starts = [p.sentences[0].removesuffix(p.capital + ".") for p in KEPT]
    ends = model.generate(starts, max_new_tokens=12, stop=".")
    row["recalled"] = sum(e == p.capital for e, p in zip(ends, KEPT))
    held_out = windows(topics()[1])[: 8 * BATCH].reshape(-1, BATCH, TIME)
    row["topics"] = round(float(np.mean([loss(decoder, rows) for rows in held_out])), 3)
    return row


def main() -> None:
    base, curve = pretrained()
    results: dict[str, object] = {"pretraining": [round(x, 3) for x in curve]}
    blank = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))
    stages = {"random weights": measure(blank), "pre-trained": measure(base)}
    arms = {
        "SFT": (base, ASKED, {}),
        "SFT with replay": (base, ASKED, {"replay": True}),
        "SFT at ten times the rate": (base, ASKED, {"rate": 10 * SFT_RATE}),
        "SFT on places never told": (base, NEW, {}),
        "SFT without pre-training": (blank, ASKED, {}),
    }
    curves = {}
    for name, (start, places, options) in arms.items():
        tuned, losses = fine_tuned(start, places, **options)
        stages[name], curves[name] = measure(tuned), [round(x, 4) for x in losses]
    for name, row in stages.items():
        print(name, row)
    conditions = {
        "steps": STEPS, "batch": BATCH, "time": TIME, "told": len(TOLD), "asked": len(ASKED),
        "kept": len(KEPT), "sft_steps": SFT_STEPS, "sft_rate": SFT_RATE, "rate": RATE,
        "weights": DecoderConfig.tiny().num_parameters,
    }  # fmt: skip
    results |= {"conditions": conditions, "stages": stages, "sft": curves}
    print(record("pretraining", results, packages=("jax", "flax", "optax")))


if __name__ == "__main__":
    main()
