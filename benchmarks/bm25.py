"""Queries per second of BM25 beside bm25s and rank-bm25 on 10,000 documents, interleaved.

`python benchmarks/bm25.py` prints a table and writes `benchmarks/results/bm25.json`. All three see
the same terms, and return scores and numbers of the ten best documents. bm25s runs twice: with its
NumPy code, and with numba where that is installed. rank-bm25 answers fewer queries: it is slow.
"""

import importlib.util
from collections.abc import Callable

import bm25s
import numpy as np
from rank_bm25 import BM25Okapi

from _record import interleaved, medians, record, table
from whiteboard.retrieval.bm25 import BM25
from whiteboard.retrieval.dense import top_k

DOCUMENTS, QUERIES, SLOW_QUERIES, ROUNDS = 10_000, 512, 16, 7
BATCH = 64


def corpus(rng: np.random.Generator, documents: int, mean_terms: int) -> list[list[str]]:
    """Documents of Zipf-distributed terms from a vocabulary of 50,000."""
    weights = 1 / np.arange(1, 50_001)
    lengths = 1 + rng.poisson(mean_terms - 1, documents)
    terms = rng.choice(50_000, lengths.sum(), p=weights / weights.sum()).tolist()
    ends = np.cumsum(lengths)
    return [[f"t{i}" for i in terms[end - n : end]] for n, end in zip(lengths, ends, strict=True)]


def ours(index: BM25, queries: list[list[str]]) -> Callable[[], object]:
    def search() -> object:
        batches = [queries[at : at + BATCH] for at in range(0, len(queries), BATCH)]
        return [np.asarray(x) for b in batches for x in top_k(index.score(b), 10)]

    return search


def theirs(documents: list[list[str]], queries: list[list[str]], backend: str) -> Callable:
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75, backend=backend)
    index.index(documents, show_progress=False)
    return lambda: index.retrieve(
        queries, k=10, show_progress=False, backend_selection=backend, n_threads=0
    )


def main() -> None:
    rng = np.random.default_rng(0)
    documents, queries = corpus(rng, DOCUMENTS, 100), corpus(rng, QUERIES, 6)
    okapi = BM25Okapi(documents)
    functions = {
        "whiteboard": ours(BM25.build(documents), queries),
        "bm25s, NumPy": theirs(documents, queries, "numpy"),
        "rank-bm25": lambda: [
            okapi.get_top_n(q, range(DOCUMENTS), 10) for q in queries[:SLOW_QUERIES]
        ],
    }
    if importlib.util.find_spec("numba"):
        functions["bm25s, numba"] = theirs(documents, queries, "numba")
    seconds = medians(interleaved(functions, rounds=ROUNDS))
    rows = {
        name: {"queries_per_second": round((SLOW_QUERIES if "rank" in name else QUERIES) / s, 1)}
        for name, s in seconds.items()
    }
    for row in rows.values():
        ratio = rows["whiteboard"]["queries_per_second"] / row["queries_per_second"]
        row["whiteboard_times_as_fast"] = round(ratio, 2)
    table(rows)
    results = {"documents": DOCUMENTS, "queries": QUERIES, "rounds": ROUNDS, "rows": rows}
    record("bm25", results, packages=("jax", "numpy", "bm25s", "rank-bm25"))


if __name__ == "__main__":
    main()
