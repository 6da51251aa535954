"""Sentences per second of the encoder beside sentence-transformers, interleaved in one process.

`python benchmarks/encoder.py` needs the heavy oracles (`make bench`); prints a table and writes
`benchmarks/results/encoder.json`. Both encode the same 500 sentences in batches of up to 32, sorted
by length, in float32 on the processor. The first query's time and the corpus's are ours alone.
"""

import importlib.util
from pathlib import Path

import numpy as np

from _record import interleaved, medians, record, table
from whiteboard import encoder
from whiteboard.encoder import weights

ROOT = Path(__file__).parents[1]
ROUNDS = 7


def sentences() -> list[str]:
    path = ROOT / "tests" / "references" / "minilm.py"
    spec = importlib.util.spec_from_file_location("minilm_inputs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sentences()


def main() -> None:
    from sentence_transformers import SentenceTransformer

    texts = sentences()
    query = ["how do I fix a login bug"]
    ours = encoder.load()
    theirs = SentenceTransformer(str(weights.find()), device="cpu")
    times = interleaved(
        {
            "whiteboard": lambda: np.asarray(ours.encode(texts)),
            "sentence-transformers": lambda: theirs.encode(texts, batch_size=32),
        },
        rounds=ROUNDS,
    )
    one = interleaved(
        {
            "whiteboard": lambda: np.asarray(ours.encode(query)),
            "sentence-transformers": lambda: theirs.encode(query),
        },
        rounds=5 * ROUNDS,
    )
    seconds, query_seconds = medians(times), medians(one)
    rows = {
        name: {
            "sentences_per_second": round(len(texts) / seconds[name], 1),
            "best_sentences_per_second": round(len(texts) / min(times[name]), 1),
            "query_milliseconds": round(1000 * query_seconds[name], 2),
        }
        for name in times
    }
    ratio = seconds["sentence-transformers"] / seconds["whiteboard"]
    results = {"sentences": len(texts), "rounds": ROUNDS, "rows": rows, "ratio": round(ratio, 2)}
    table(rows)
    print(f"{ratio:.2f} times the sentences per second; target 2")
    record("encoder", results, packages=("jax", "flax", "torch", "sentence-transformers"))


if __name__ == "__main__":
    main()
