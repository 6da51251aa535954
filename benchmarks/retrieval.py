"""Search beside its peers: BM25, the encoder, exact search, and a graph of neighbours.

`python benchmarks/retrieval.py` needs the heavy oracles (`make bench`); prints tables and writes
the record `retrieval`. Peers take turns in one process, with a thread for each core.

- BM25 over 10,000 documents of Zipf-distributed terms, the ten best of each of 512 queries.
  rank-bm25 answers fewer queries: it is slow.
- The encoder on 500 sentences in float32, the peer's in batches of 32, and the encoder with one
  batch under way at a time. Where this was measured, the host moves the two cores: at times they
  share a cache, at times not, for seconds or for minutes. So it takes many turns, and the slowest
  is in the table.
- Exact search, the ten nearest of one million vectors of 384 dimensions, one query at a time. Time
  does not depend on what the vectors are: these are random. Its bytes a second stand beside those
  of programs that do nothing but read, turn by turn: without a shared cache, programs that use
  both cores read faster.
- FAISS's HNSW at three sizes, for the memory, the time to build and the recall that the capacity
  plan speaks of. The vectors are synthetic: 24 random directions and a little noise, since on
  random vectors of 384 dimensions no graph finds its way.
"""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import bm25s
import faiss
import jax
import jax.numpy as jnp
import numpy as np
import torch
from rank_bm25 import BM25Okapi
from sentence_transformers import SentenceTransformer

from _record import interleaved, medians, record, table
from whiteboard import encoder
from whiteboard.encoder import sentence, weights
from whiteboard.retrieval.bm25 import BM25
from whiteboard.retrieval.capacity import hnsw_bytes
from whiteboard.retrieval.dense import nearest, top_k

ROOT = Path(__file__).parents[1]
ROUNDS = 7
ENCODER_ROUNDS = 25
EXACT_ROUNDS = 61
DOCUMENTS, QUERIES, SLOW_QUERIES, BATCH = 10_000, 512, 16, 16
VECTORS, DIM = 1_000_000, 384
LINKS, SIZES, SEARCHES = 32, (25_000, 50_000, 100_000), 256


def zipf_texts(rng: np.random.Generator, texts: int, mean_terms: int) -> list[list[str]]:
    """Texts of Zipf-distributed terms from a vocabulary of 50,000."""
    shares = 1 / np.arange(1, 50_001)
    lengths = 1 + rng.poisson(mean_terms - 1, texts)
    terms = rng.choice(50_000, lengths.sum(), p=shares / shares.sum()).tolist()
    ends = np.cumsum(lengths)
    return [[f"t{i}" for i in terms[end - n : end]] for n, end in zip(lengths, ends, strict=True)]


def ours(index: BM25, queries: list[list[str]]) -> Callable[[], object]:
    def search() -> object:
        # All batches are on their way before the first is waited for.
        batches = [queries[at : at + BATCH] for at in range(0, len(queries), BATCH)]
        found = [top_k(index.score(batch), 10) for batch in batches]
        return jax.device_get(found)

    return search


def bm25() -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(0)
    documents, queries = zipf_texts(rng, DOCUMENTS, 100), zipf_texts(rng, QUERIES, 6)
    okapi = BM25Okapi(documents)
    theirs = bm25s.BM25(method="lucene", k1=1.2, b=0.75, backend="numpy")
    theirs.index(documents, show_progress=False)
    functions = {
        "whiteboard": ours(BM25.build(documents), queries),
        "bm25s": lambda: theirs.retrieve(
            queries, k=10, show_progress=False, backend_selection="numpy", n_threads=0
        ),
        "rank-bm25": lambda: [
            okapi.get_top_n(q, range(DOCUMENTS), 10) for q in queries[:SLOW_QUERIES]
        ],
    }
    seconds = medians(interleaved(functions, rounds=ROUNDS))
    speed = {n: (SLOW_QUERIES if "rank" in n else QUERIES) / s for n, s in seconds.items()}
    return _ratios("queries per second", speed)


def sentences() -> list[str]:
    path = ROOT / "tests" / "references" / "minilm.py"
    spec = importlib.util.spec_from_file_location("minilm_inputs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sentences()


def encoders() -> dict[str, dict[str, float]]:
    texts = sentences()
    mine, theirs = encoder.load(), SentenceTransformer(str(weights.find()), device="cpu")

    def one_at_a_time() -> np.ndarray:
        with mock.patch.object(sentence, "THREADS", 1):
            return np.asarray(mine.encode(texts))

    functions = {
        "whiteboard": lambda: np.asarray(mine.encode(texts)),
        "one batch at a time": one_at_a_time,
        "sentence-transformers": lambda: theirs.encode(texts, batch_size=32),
    }
    times = interleaved(functions, rounds=ENCODER_ROUNDS)
    rows = _ratios("sentences per second", {n: len(texts) / s for n, s in medians(times).items()})
    return {
        n: row | {"slowest turn": round(len(texts) / max(times[n]), 1)} for n, row in rows.items()
    }


def exact() -> dict[str, dict[str, float]]:
    vectors = np.random.default_rng(0).standard_normal((VECTORS, DIM), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    query, gigabytes = vectors[:1] + vectors[1:2], vectors.nbytes / 1e9
    columns, tensor = jnp.asarray(vectors.T), torch.from_numpy(vectors)
    flat = faiss.IndexFlatIP(DIM)
    flat.add(vectors)
    apart = np.abs(np.asarray(nearest(query, columns, 10)[0]) - _cosines(flat, query)).max()
    if apart > 1e-5:
        raise SystemExit(f"exact search and FAISS part by {apart:.1e}")
    functions = {
        "whiteboard": lambda: jax.block_until_ready(nearest(query, columns, 10)),
        "reading: a sum in torch": lambda: tensor.sum(),
        "reading: a product in NumPy": lambda: vectors @ query[0],
        "FAISS, IndexFlatIP": lambda: flat.search(query, 10),
    }
    times = interleaved(functions, rounds=EXACT_ROUNDS)
    readers = [turns for name, turns in times.items() if name.startswith("reading")]
    best = [min(turn) for turn in zip(*readers, strict=True)]
    return {
        name: {
            "ms": round(1000 * statistics.median(turns), 1),
            "GB per second": round(gigabytes / statistics.median(turns), 1),
            "of the best reader": round(
                statistics.median(b / t for b, t in zip(best, turns, strict=True)), 2
            ),
        }
        for name, turns in times.items()
    }


def _cosines(flat: faiss.IndexFlatIP, query: np.ndarray) -> np.ndarray:
    return flat.search(query, 10)[0] / np.linalg.norm(query)


def hnsw() -> list[dict[str, float]]:
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((24, DIM), dtype=np.float32)

    def draw(count: int) -> np.ndarray:
        x = rng.standard_normal((count, 24), dtype=np.float32) @ directions
        x += 0.5 * rng.standard_normal(x.shape, dtype=np.float32)
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    vectors, queries = draw(max(SIZES)), draw(SEARCHES)
    return [_graph(vectors[:size], queries) for size in SIZES]


def _graph(vectors: np.ndarray, queries: np.ndarray) -> dict[str, float]:
    graph = faiss.IndexHNSWFlat(DIM, LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 80, 64
    start = time.perf_counter()
    graph.add(vectors)
    build = time.perf_counter() - start
    flat = faiss.IndexFlatIP(DIM)
    flat.add(vectors)
    wanted, found = flat.search(queries, 10)[1], graph.search(queries, 10)[1]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(wanted, found, strict=True)])
    functions = {
        "graph": lambda: graph.search(queries, 10),
        "flat": lambda: [flat.search(query[None], 10) for query in queries[:16]],
    }
    seconds = medians(interleaved(functions, rounds=3))
    return {
        "vectors": len(vectors),
        "dim": DIM,
        "links": LINKS,
        "bytes": len(faiss.serialize_index(graph)),
        "by the formula": round(hnsw_bytes(len(vectors), DIM, links=LINKS)),
        "build seconds": round(build, 1),
        "recall at 10": round(float(recall), 3),
        "queries per second": round(len(queries) / seconds["graph"]),
        "exact, queries per second": round(16 / seconds["flat"]),
    }


def _ratios(unit: str, speed: dict[str, float]) -> dict[str, dict[str, float]]:
    return {
        name: {unit: round(value, 1), "whiteboard to it": round(speed["whiteboard"] / value, 2)}
        for name, value in speed.items()
    }


def main() -> None:
    results = {"bm25": bm25(), "encoder": encoders(), "exact": exact(), "hnsw": hnsw()}
    for name, rows in results.items():
        print(f"\n{name}")
        table({str(row["vectors"]): row for row in rows} if name == "hnsw" else rows)
    print("\ntargets: BM25 1 of bm25s and 10 of rank-bm25; encoder 2; exact 0.8 of the best reader")
    conditions = {"documents": DOCUMENTS, "queries": QUERIES, "sentences": 500, "vectors": VECTORS,
                  "dim": DIM, "rounds": ROUNDS, "encoder_rounds": ENCODER_ROUNDS,
                  "exact_rounds": EXACT_ROUNDS, "threads": os.cpu_count()}  # fmt: skip
    packages = ("jax", "flax", "numpy", "bm25s", "rank-bm25", "torch", "sentence-transformers",
                "faiss-cpu")  # fmt: skip
    record("retrieval", conditions | results, packages=packages)


if __name__ == "__main__":
    torch.set_num_threads(os.cpu_count() or 1)
    main()
