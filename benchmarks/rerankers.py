"""Four rerankers on the held-out queries: a cross-encoder trained here, MaxSim, a language model.

    python benchmarks/rerankers.py train         # 8 minutes on two idle cores
    python benchmarks/rerankers.py train-hard    # as long: with hard negatives alone
    python benchmarks/rerankers.py maxsim        # a minute
    python benchmarks/rerankers.py likelihood    # 3 minutes
    python benchmarks/rerankers.py times         # 3 minutes

Each part writes its results and leaves the others' as they are. Recorded is the order in which each
reranker puts the first stage's best candidates, so that every measure at every depth can be
computed from it. `times` counts processor time, of which another process takes little.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from _record import record, recorded, table
from whiteboard import lm
from whiteboard.data import site_queries
from whiteboard.retrieval.cross_encoder import CrossEncoder, cross_scores, listwise_loss
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.late_interaction import TokenVectors, maxsim, token_vectors
from whiteboard.retrieval.likelihood import query_log_probs
from whiteboard.retrieval.reranker_batches import batches, trained_weights
from whiteboard.retrieval.reranker_training import training_examples
from whiteboard.retrieval.studies.reranking import DEPTHS, python_study, written
from whiteboard.training.step import fit

CLOZE, EPOCHS, GROUPS, NEGATIVES, LENGTH, RATE, WARM = 480, 4, 4, 3, 160, 1e-4, 0.1
# Of the negatives of a step how many are hard; how often a sentence stays in its passage.
RECIPES = {"cross-encoder": (1, 0.1), "hard negatives alone": (NEGATIVES, 0.0)}
DEEPEST, TRAINED_DEPTH, LIKELIHOOD_DEPTH, TIMED = DEPTHS[-1], 20, 20, (0, 20, 40)
SCANNED = 1_000_000


def train(recipe: str = "cross-encoder") -> dict:
    """Train a cross-encoder, then let it order candidates of both halves and of strangers."""
    index, study, (hard, stays) = python_index(), python_study(), RECIPES[recipe]
    examples = training_examples(index, cloze=CLOZE, epochs=EPOCHS, stays=stays)
    model = CrossEncoder(index.encoder.module, rngs=nnx.Rngs(0))
    made = list(
        batches(
            index.encoder.tokenizer,
            examples,
            groups=GROUPS,
            negatives=NEGATIVES,
            length=LENGTH,
            hard=hard,
        )
    )
    warm = int(WARM * len(made)) or 1
    rate = optax.warmup_cosine_decay_schedule(0.0, RATE, warm, len(made) + 1)
    begun = time.process_time()
    losses = fit(model, made, loss=listwise_loss, optimizer=optax.adamw(rate), wrt=trained_weights)
    losses = np.asarray(losses)
    print("losses", [round(float(x.mean()), 2) for x in np.array_split(losses, 10)], flush=True)
    spent = time.process_time() - begun
    scores = {"held-out": candidate_scores(study, model, DEEPEST)}
    scores["development"] = candidate_scores(python_study("development"), model, TRAINED_DEPTH)
    return {
        f"training, {recipe}": {
            "cloze": CLOZE, "epochs": EPOCHS, "groups": GROUPS, "negatives": NEGATIVES,
            "hard": hard, "stays": stays, "length": LENGTH, "rate": RATE, "steps": len(made),
            "processor_seconds": round(spent), "losses": rounded(losses),
            "queries": sorted({example.query for example in examples}),
        },
        "orders": {
            recipe: written(by_score(scores["held-out"])),
            f"{recipe}, development": written(by_score(scores["development"])),
        },
        f"best scores, {recipe}": {
            half: rounded(values[:, :TRAINED_DEPTH].max(1)) for half, values in scores.items()
        }
        | {"no answer here": rounded(strangers(model))},
    }  # fmt: skip


def strangers(model: CrossEncoder) -> np.ndarray:
    """The best score of the first candidates for queries to which this corpus has no answer."""
    index, queries = python_index(), [query.text for query in site_queries()]
    listed = np.asarray(jnp.argsort(-index.scores(queries)["RRF"], axis=1, stable=True))
    rows = [[index.chunks[n].text for n in row[:TRAINED_DEPTH]] for row in listed]
    return np.stack([scored(model, query, row).max() for query, row in zip(queries, rows)])


def candidate_scores(study, model: CrossEncoder, depth: int) -> np.ndarray:
    rows = [scored(model, q.text, study.passages(n, depth)) for n, q in enumerate(study.queries)]
    return np.stack(rows)


def by_score(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")


def rounded(values) -> list[float]:
    return [round(float(x), 3) for x in values]


def scored(model: CrossEncoder, query: str, passages: list[str]) -> np.ndarray:
    pairs = [(query, passage) for passage in passages]
    return np.asarray(cross_scores(model, python_index().encoder, pairs))


def by_maxsim() -> dict:
    study, encoder = python_study(), python_index().encoder
    documents = token_vectors(encoder, [chunk.text for chunk in study.index.chunks])
    queries = token_vectors(encoder, [query.text for query in study.queries])
    scores = maxsim(queries, documents)
    everything = study.ndcg(study.order_by(scores, scores.shape[1]))
    return {
        "orders": {"MaxSim": written(study.order_by(scores, DEEPEST))},
        "MaxSim of all, nDCG@10": rounded(everything),
        "token vectors": int(documents.mask.sum()),
    }


def by_likelihood() -> dict:
    study, model = python_study(), lm.load("smollm2-135m")
    rows = []
    for number, query in enumerate(study.queries):
        passages = study.passages(number, LIKELIHOOD_DEPTH)
        rows.append(np.asarray(query_log_probs(model, query.text, passages)))
        print(number, end=" ", flush=True)
    return {"orders": {"likelihood": written(by_score(np.stack(rows)))}}


def times() -> dict:
    """Processor milliseconds a query, text to scores, by reranker and candidates; median of 3."""
    study, index = python_study(), python_index()
    cross = CrossEncoder(index.encoder.module, rngs=nnx.Rngs(0))  # trained or not: the same work
    model = lm.load("smollm2-135m")
    seen = sorted({int(n) for q in TIMED for n in study.listed[q, :DEEPEST]})
    place = {number: row for row, number in enumerate(seen)}
    stored = token_vectors(index.encoder, [index.chunks[n].text for n in seen])

    def late(query: int, depth: int) -> object:
        rows = jnp.array([place[int(n)] for n in study.listed[query, :depth]])
        candidates = TokenVectors(stored.vectors[rows], stored.mask[rows])
        asked = token_vectors(index.encoder, [study.queries[query].text])
        return maxsim(asked, candidates)

    def first(query: int, _: int) -> object:
        return index.scores([study.queries[query].text])["RRF"]

    ways = {
        "first stage": (first, (DEEPEST,)),
        "MaxSim": (late, DEPTHS),
        "cross-encoder": (
            lambda q, n: scored(cross, study.queries[q].text, study.passages(q, n)),
            DEPTHS,
        ),
        "likelihood": (
            lambda q, n: query_log_probs(model, study.queries[q].text, study.passages(q, n)),
            tuple(depth for depth in DEPTHS if depth <= LIKELIHOOD_DEPTH),
        ),
    }
    return {
        "processor milliseconds": {
            name: {str(depth): median_ms(way, depth) for depth in depths}
            for name, (way, depths) in ways.items()
        },
        "scan": median_ms(scan(SCANNED), 0),
        "scanned": SCANNED,
    }


def scan(count: int) -> Callable[[int, int], object]:
    """One product of a matrix of stored vectors and a query's vector: a bi-encoder's whole work."""
    draw = np.random.default_rng(0)
    stored = jnp.asarray(draw.standard_normal((count, 384), np.float32))
    query, product = stored[0], jax.jit(jnp.matmul)
    return lambda *_: product(stored, query)


def median_ms(way: Callable[[int, int], object], depth: int) -> float:
    """Processor milliseconds, of each query the better of two: the first may be compiled."""
    best = []
    for query in TIMED:
        spent = []
        for _ in range(2):
            begun = time.process_time()
            jax.block_until_ready(way(query, depth))
            spent.append(1000 * (time.process_time() - begun))
        best.append(min(spent))
    return round(statistics.median(best), 1)


PARTS = {
    "train": train,
    "train-hard": partial(train, "hard negatives alone"),
    "maxsim": by_maxsim,
    "likelihood": by_likelihood,
    "times": times,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=PARTS)
    part = parser.parse_args().part
    made = PARTS[part]()
    # Read only now: another part may have been recorded meanwhile.
    results = recorded("rerankers")
    orders = {"orders": results.get("orders", {}) | made.pop("orders", {})}
    record("rerankers", results | orders | made, packages=("jax", "flax", "optax", "tokenizers"))
    if part == "times":
        table(made["processor milliseconds"])


if __name__ == "__main__":
    main()
