"""MiniLM fine-tuned with InfoNCE on the development half of Python's queries.

    python benchmarks/encoder_tuning.py
    python benchmarks/encoder_tuning.py "in-batch"    # one run; the others stay as stored

Three runs from the same start, STEPS steps of BATCH pairs, the two upper layers trained: with the
batch's other passages as negatives only; with NEGATIVES mined for each pair, whatever scores best;
and with those mined only below 95% of the positive's score. Each run records the losses, the rank
of every held-out query's answers in the re-embedded corpus, the same with the new encoder's
queries in the old index, with those rotated back by a map fitted on the corpus, and, against
forgetting, the ranks of another corpus's queries (this site's own pages).
A run takes about a minute on two idle cores; what is recorded does not depend on what else runs.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np
import optax
from flax import nnx

from _record import record, recorded
from whiteboard import encoder
from whiteboard.data import Query, python_queries, python_topics, site_pages, site_queries
from whiteboard.encoder import SentenceEncoder
from whiteboard.evaluation.answer_ranks import answer_ranks
from whiteboard.retrieval.dense import cosine_scores
from whiteboard.retrieval.encoder_tuning import (
    batches,
    contrastive_loss,
    false_negatives,
    mine,
    pairs_of,
    upper_layers,
)
from whiteboard.retrieval.labels import answers
from whiteboard.retrieval.passages import Chunk, fixed_chunks
from whiteboard.retrieval.versions import orthogonal_map
from whiteboard.training.step import fit

STEPS, BATCH, NEGATIVES, RATE, FROZEN = 24, 12, 2, 5e-5, 4
RUNS = {"in-batch": (0, None), "mined": (NEGATIVES, None), "mined, filtered": (NEGATIVES, 0.05)}


class Corpus:
    """Passages, queries, and which answers which."""

    def __init__(self, documents: dict[str, str], queries: Sequence[Query]) -> None:
        chunks: list[Chunk] = fixed_chunks(documents)
        self.passages = [chunk.text for chunk in chunks]
        self.queries = [query.text for query in queries]
        self.answers = answers(queries, chunks, documents)

    def ranks(self, queries, passages) -> list[list[int]]:
        return answer_ranks(cosine_scores(queries, passages), self.answers).tolist()


def corpora() -> dict[str, Corpus]:
    topics = dict(python_topics())
    asked = site_queries()
    wanted = {span.document for query in asked for span in query.spans}
    pages = {name: text for name, text in site_pages().items() if name in wanted}
    return {
        "development": Corpus(topics, python_queries(split="development")),
        "held-out": Corpus(topics, python_queries(split="held-out")),
        "site": Corpus(pages, asked),
    }


def run(name: str, model: SentenceEncoder, data: dict[str, Corpus], old, steps: int) -> dict:
    """Fine-tune from the start and measure; `old` holds the vectors of the encoder as it was."""
    count, margin = RUNS[name]
    train = data["development"]
    pairs = pairs_of(train.answers)
    scores = cosine_scores(model.encode(train.queries), old["held-out"])
    mined = mine(pairs, scores, count=count, margin=margin)
    tuned = replace(model, module=nnx.clone(model.module), weights_sha256=f"tuned, {name}")
    losses = fit(
        tuned.module,
        batches(model, train.queries, train.passages, pairs, mined, size=BATCH, steps=steps),
        loss=contrastive_loss,
        optimizer=optax.adamw(optax.linear_schedule(RATE, 0, steps)),
        wrt=upper_layers(FROZEN),
    )
    held, site = data["held-out"], data["site"]
    asked, passages = tuned.encode(held.queries), tuned.encode(held.passages)
    back = orthogonal_map(passages, old["held-out"])
    return {
        "losses": [round(float(x), 4) for x in losses],
        "pairs": len(pairs.query),
        "mined": dict(zip(("false", "all"), false_negatives(pairs, mined))),
        "ranks": {
            "held-out": held.ranks(asked, passages),
            "held-out, old index": held.ranks(asked, old["held-out"]),
            "held-out, rotated into the old index": held.ranks(asked @ back, old["held-out"]),
            "development": train.ranks(tuned.encode(train.queries), passages),
            "site": site.ranks(tuned.encode(site.queries), tuned.encode(site.passages)),
        },
        "cosine of a passage with its old vector": round(
            float((passages * old["held-out"]).sum(1).mean()), 4
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("only", nargs="?", choices=RUNS, help="one run; the others stay")
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer, to try it; not recorded")
    given = parser.parse_args()
    model, data = encoder.load(), corpora()
    old = {name: encoder.encode_corpus(model, c.passages) for name, c in data.items()}
    before = {name: c.ranks(model.encode(c.queries), old[name]) for name, c in data.items()}
    trained = nnx.state(model.module, upper_layers(FROZEN))
    conditions = {
        "steps": STEPS, "batch": BATCH, "negatives": NEGATIVES, "rate": RATE, "frozen": FROZEN,
        "passages": {name: len(c.passages) for name, c in data.items()},
        "queries": {name: len(c.queries) for name, c in data.items()},
        "trained_weights": sum(x.size for x in jax.tree.leaves(trained)),
    }  # fmt: skip
    print(conditions, flush=True)
    for name in [given.only] if given.only else RUNS:
        made = run(name, model, data, old, given.steps)
        print(name, made["losses"], made["mined"])
        for part, ranks in made["ranks"].items():
            print(" ", part, round(float(np.mean(np.array(ranks) <= 10)), 3), flush=True)
        if given.steps == STEPS:
            every = recorded("encoder_tuning").get("runs", {}) | {name: made}
            runs = {n: every[n] for n in RUNS if n in every}
            results = {"conditions": conditions, "before": before, "runs": runs}
            record("encoder_tuning", results, packages=("jax", "flax", "optax", "tokenizers"))


if __name__ == "__main__":
    main()
