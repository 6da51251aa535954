"""Recall, precision and tokens of each way of cutting, by chunk size, over two corpora.

    python benchmarks/chunking.py

Python's documentation topics (those that do not stand in a longer one) under all labelled queries,
and this site's pages under theirs; MiniLM ranks by cosine. Nothing is tuned, so both halves of the
queries are used. A text that two strategies share is encoded once. 8 minutes on two busy cores.
"""

import time
from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from _record import record, table
from whiteboard import encoder
from whiteboard.data import Query, python_queries, python_topics, site_pages, site_queries
from whiteboard.retrieval.coverage import without_copies
from whiteboard.retrieval.studies.chunkers import STRATEGIES, ChunkStudy, Outcome

SIZES = (300, 600, 1200)
ONE_SIZE = {"overlap": (600,)}  # its figure differs by the overlap only
SITE = ("fixed", "structure")


class Cached:
    """An encoder that remembers each text's vector; `encoded` counts the texts it had to encode."""

    def __init__(self, model: encoder.SentenceEncoder) -> None:
        self.model, self.vectors, self.encoded = model, {}, 0

    def __call__(self, texts: Sequence[str]) -> Float[Array, "texts dim"]:
        new = list(dict.fromkeys(text for text in texts if text not in self.vectors))
        self.encoded += len(new)
        self.vectors |= zip(new, np.asarray(self.model.encode(new)), strict=True)
        return jnp.asarray(np.stack([self.vectors[text] for text in texts]))


def study(documents: Mapping[str, str], queries: Sequence[Query]) -> ChunkStudy:
    model = encoder.load()
    return ChunkStudy(documents, queries, model, Cached(model))


def measure(on: ChunkStudy, strategy: str, size: int) -> tuple[dict[str, object], Outcome]:
    """One row of the record, and what each query got."""
    before = on.encode.encoded
    cut = STRATEGIES[strategy](on.documents, size, on.encode)
    outcome = on.outcome(cut)
    children = getattr(cut, "children", cut)
    limit = on.model.config.max_length - 2
    tokens = [on.counts.tokens(child) for child in children]
    row = {
        "strategy": strategy,
        "size": size,
        "indexed": len(children),
        "mean_tokens": round(float(np.mean(tokens)), 1),
        "too_long": sum(n > limit for n in tokens),
        "encoded": on.encode.encoded - before,
        "recall": round(float(outcome.recall.mean()), 3),
        "precision": round(float(outcome.precision.mean()), 4),
        "tokens": round(float(outcome.tokens.mean())),
        "at_budget": round(float(outcome.at_budget.mean()), 3),
    }
    return row, outcome


def listed(values: Float[Array, " queries"]) -> list[float]:
    return [round(float(value), 3) for value in values]


def main() -> None:
    start = time.perf_counter()
    topics = without_copies(python_topics())
    python, site = study(topics, python_queries()), study(site_pages(), site_queries())
    rows, per_query = [], []
    for strategy in STRATEGIES:
        for size in ONE_SIZE.get(strategy, SIZES):
            row, outcome = measure(python, strategy, size)
            rows.append(row)
            per_query.append(listed(outcome.at_budget))
            print(round(time.perf_counter() - start), row, flush=True)
    site_rows, site_per_query = [], []
    for strategy in SITE:
        row, outcome = measure(site, strategy, 600)
        site_rows.append(row)
        site_per_query.append(listed(outcome.at_budget))
        print(round(time.perf_counter() - start), row, flush=True)
    results = {
        "documents": len(topics),
        "characters": sum(map(len, topics.values())),
        "queries": len(python_queries()),
        "kinds": [query.kind for query in python_queries()],
        "k": 5,
        "budget": 1000,
        "rows": rows,
        "recall_at_budget": per_query,
        "site": {
            "documents": len(site.documents),
            "queries": len(site.queries),
            "rows": site_rows,
            "recall_at_budget": site_per_query,
        },
    }
    table({f"{row['strategy']} {row['size']}": row for row in rows + site_rows})
    record("chunking", results, packages=("jax", "flax", "tokenizers"))


if __name__ == "__main__":
    main()
