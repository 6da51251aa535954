"""Hypothetical documents for the labelled queries, and what they cost.

    python benchmarks/hyde.py           # five minutes on two idle cores
    python benchmarks/hyde.py costs     # the costs alone, again: half a minute

Three prompts write for the development half, then the best of them at a higher temperature. The
setting with the best reciprocal rank there, and the paper's prompt as it is, write for the held-out
half too. All texts are recorded: every measure can be computed from them again.
"""

import sys
import time
from collections.abc import Callable

import jax

from _record import record, recorded, table
from whiteboard import lm
from whiteboard.data import python_queries
from whiteboard.lm import LanguageModel
from whiteboard.retrieval.dense import nearest
from whiteboard.retrieval.hyde import PROMPTS, hypothetical_documents
from whiteboard.retrieval.studies.hyde_gain import best_setting, python_study

NUMBER, LENGTH, ROUNDS = 4, 32, 3
QUERY = "hook that runs just before an instance disappears"


def write(model: LanguageModel, prompt: str, temperature: float, split: str) -> dict:
    """One setting's documents for one half of the queries, and how many tokens they have."""
    queries = [query.text for query in python_queries(split=split)]
    documents = hypothetical_documents(
        model,
        queries,
        prompt=PROMPTS[prompt],
        number=NUMBER,
        max_new_tokens=LENGTH,
        temperature=temperature,
    )
    tokens = sum(len(model.tokenizer.encode(text)) for row in documents for text in row)
    print(f"{prompt} {temperature} {split}: {tokens} tokens", flush=True)
    return {
        "prompt": prompt,
        "temperature": temperature,
        "tokens": {split: tokens},
        "documents": dict(zip(queries, documents, strict=True)),
    }


def more(model: LanguageModel, setting: dict) -> dict:
    """The setting with the held-out half's documents beside the others."""
    held_out = write(model, setting["prompt"], setting["temperature"], "held-out")
    parts = ("tokens", "documents")
    return setting | {part: setting[part] | held_out[part] for part in parts}


def written(model: LanguageModel) -> dict:
    """Every setting's documents, by its name, and the name and number of the best."""
    found = {f"{name}, 0.7": write(model, name, 0.7, "development") for name in PROMPTS}
    best, _ = best_setting(python_study(), found)
    prompt = found[best]["prompt"]
    found[f"{prompt}, 1.0"] = write(model, prompt, 1.0, "development")
    best, number = best_setting(python_study(), found)
    for name in {best: None, "paper, 0.7": None}:
        found[name] = more(model, found[name])
    return {"chosen": best, "number": number, "settings": found}


def costs(model: LanguageModel, results: dict) -> dict:
    """Processor seconds of each part, for one query alone and for eight at once.

    Over both cores together: they say what a query costs, and do not depend on who else is running.
    A cross-encoder of MiniLM's size reads each passage together with the query: that is as much
    work as encoding both in one text, whatever it then makes of it.
    """
    study, setting = python_study(), results["settings"][results["chosen"]]
    encode, passages = study.index.encoder.encode, [c.text for c in study.index.chunks[:50]]
    texts = setting["documents"][QUERY]

    def call(number: int, queries: int = 1) -> list:
        return hypothetical_documents(
            model,
            [QUERY] * queries,
            prompt=PROMPTS[setting["prompt"]],
            number=number,
            max_new_tokens=LENGTH,
            temperature=setting["temperature"],
        )

    columns = study.index.vectors.T

    def search() -> object:
        return jax.block_until_ready(nearest(study.vectors[:1], columns, 10))

    parts = {
        "encode the query": lambda: jax.block_until_ready(encode([QUERY])),
        "search 951 chunks": search,
        "write 1 document": lambda: call(1),
        "write 4 documents": lambda: call(4),
        "write 32 documents, for 8 queries": lambda: call(4, 8),
        "encode 4 documents": lambda: jax.block_until_ready(encode(texts)),
        "read 50 passages with the query": lambda: jax.block_until_ready(
            encode([f"{QUERY} {passage}" for passage in passages])
        ),
    }
    return {name: round(processor_seconds(part), 4) for name, part in parts.items()}


def processor_seconds(function: Callable[[], object]) -> float:
    """The least of a few rounds; the first call, which compiles, does not count."""
    function()
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        function()
        spent.append(time.process_time() - begun)
    return min(spent)


def main() -> None:
    model = lm.load("smollm2-135m")
    if sys.argv[1:] == ["costs"]:
        results = recorded("hyde")
    else:
        results = written(model) | {"max_new_tokens": LENGTH}
    results["processor_seconds"] = costs(model, results)
    table({name: {"s": value} for name, value in results["processor_seconds"].items()})
    print(record("hyde", results, packages=("jax", "flax")))


if __name__ == "__main__":
    main()
