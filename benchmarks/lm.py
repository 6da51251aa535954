"""Tokens per second of the language model beside transformers and llama.cpp, in one process.

`python benchmarks/lm.py` needs the heavy oracles (`make bench`); prints a table and writes
the record `lm`. The three take turns. All read the same 512 tokens, compute the logits
of the last position alone, and then continue greedily; ours and transformers hold float32 weights,
llama.cpp the file's own 4-bit ones with 8-bit activations. Every engine has as many threads as
the machine has cores. A decode step reads every weight and every slot of the cache once: its bytes
a second stand beside those of two programs that do nothing but read.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import llama_cpp
import numpy as np
import torch
import transformers

from _record import interleaved, medians, record, table
from whiteboard import lm
from whiteboard.architecture.kv_cache import LayerCache
from whiteboard.lm import weights
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import decode_step, empty_cache, prefill

ROOT = Path(__file__).parents[1]
PROMPT, SLOTS, STEPS = 512, 640, 16
ROUNDS = {1: 9, 8: 3}
CORES = os.cpu_count() or 1
TARGETS = {
    "prefill 1, of transformers": 1.7,
    "decode 1, of transformers": 2.2,
    "decode 8, of transformers": 2.0,
    "prefill 1, of llama.cpp": 2.5,
    "decode 8, of llama.cpp": 1.0,
    "decode 1, of the bandwidth of a matrix-vector product in JAX": 0.75,
    "decode 1, of the bandwidth of a sum in torch": 0.75,
}
FIRST_ANSWER = (
    "from whiteboard import lm; "
    "lm.load('smollm2-135m').generate('The capital of France is', max_new_tokens=8)"
)


def _cache(batch: int) -> tuple[LayerCache, ...]:
    return empty_cache(MODEL.decoder, batch=batch, slots=SLOTS)


class Ours:
    def __init__(self, tokens: np.ndarray) -> None:
        self.tokens, batch = tokens, len(tokens)
        self.cache = _cache(batch)
        self.model = flat(MODEL.decoder)
        self.length = np.full(batch, PROMPT, np.int32)

    def prefill(self) -> None:
        self.logits, self.cache = prefill(self.model, self.tokens, self.length, self.cache)
        self.logits.block_until_ready()

    def decode(self) -> None:
        logits = self.logits
        for step in range(STEPS):
            token = GREEDY.choose(logits, step)
            logits, self.cache = decode_step(self.model, token, self.length + step, self.cache)
        logits.block_until_ready()


class Transformers:
    def __init__(self, tokens: np.ndarray) -> None:
        self.tokens = torch.from_numpy(tokens.astype(np.int64))

    @torch.no_grad()
    def prefill(self) -> None:
        self.cache = transformers.DynamicCache()
        self.logits = self._forward(self.tokens)

    @torch.no_grad()
    def decode(self) -> None:
        logits = self.logits
        for _ in range(STEPS):
            logits = self._forward(logits[:, -1].argmax(-1)[:, None])
        self.cache.crop(-STEPS)

    def _forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return THEIRS(
            input_ids=tokens, past_key_values=self.cache, use_cache=True, logits_to_keep=1
        ).logits


class LlamaCpp:
    def __init__(self, tokens: np.ndarray) -> None:
        self.tokens, self.rows = tokens, len(tokens)
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx, settings.n_seq_max = SLOTS * self.rows, self.rows
        settings.n_batch, settings.n_ubatch = PROMPT * self.rows, PROMPT
        settings.n_threads = settings.n_threads_batch = CORES
        self.context = llama_cpp.llama_init_from_model(GGML_MODEL, settings)
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.batch = llama_cpp.llama_batch_init(PROMPT * self.rows, 0, 1)

    def prefill(self) -> None:
        llama_cpp.llama_memory_clear(self.memory, True)
        self._decode(self.tokens, 0)
        self.best = self._best(PROMPT)

    def decode(self) -> None:
        best = self.best
        for step in range(STEPS):
            self._decode(best, PROMPT + step)
            best = self._best(1)
        for row in range(self.rows):
            llama_cpp.llama_memory_seq_rm(self.memory, row, PROMPT, -1)

    def _decode(self, tokens: np.ndarray, start: int) -> None:
        count = tokens.shape[1]
        self.batch.n_tokens = tokens.size
        for place in range(tokens.size):
            row, at = divmod(place, count)
            self.batch.token[place], self.batch.pos[place] = int(tokens[row, at]), start + at
            self.batch.n_seq_id[place], self.batch.seq_id[place][0] = 1, row
            self.batch.logits[place] = at == count - 1
        if llama_cpp.llama_decode(self.context, self.batch):
            raise RuntimeError("llama.cpp could not decode the batch")

    def _best(self, count: int) -> np.ndarray:
        size = (MODEL.config.vocab_size,)
        rows = []
        for row in range(self.rows):
            logits = llama_cpp.llama_get_logits_ith(self.context, row * count + count - 1)
            rows.append([np.ctypeslib.as_array(logits, size).argmax()])
        return np.array(rows)


def bandwidth() -> dict[str, Callable[[], object]]:
    """Pure reads of 512 MiB of float32: what no decode step can beat."""
    table_ = jnp.ones((1 << 13, 1 << 14))
    vector, whole = jnp.ones(1 << 14), torch.ones(1 << 27)
    product = jax.jit(jnp.dot)
    return {
        "matrix-vector product in JAX": lambda: product(table_, vector).block_until_ready(),
        "sum in torch": lambda: whole.sum(),
    }


def first_answer() -> dict[str, float]:
    """Seconds of a new process that imports, loads, compiles and answers, twice."""
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"XDG_CACHE_HOME": cache}
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        seconds = {}
        for name in ("first run", "second run"):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", FIRST_ANSWER], env=environment, check=True)
            seconds[name] = round(time.perf_counter() - start, 2)
    return seconds


def measure(batch: int) -> dict[str, dict[str, float]]:
    """Median seconds by phase and engine; bandwidth is measured in the same rounds."""
    tokens = np.tile(TOKENS, (batch, 1))
    engines = {
        "whiteboard": Ours(tokens),
        "transformers": Transformers(tokens),
        "llama.cpp": LlamaCpp(tokens),
    }
    rounds = ROUNDS[batch]
    first = interleaved({n: e.prefill for n, e in engines.items()}, rounds=rounds)
    best = [
        np.asarray(engines[n].logits).argmax(-1).reshape(-1) for n in ("whiteboard", "transformers")
    ]
    if (best[0] != best[1]).any():
        raise SystemExit(f"the two float32 engines disagree, {best}: nothing to compare")
    steps = {name: engine.decode for name, engine in engines.items()}
    if batch == 1:
        steps |= bandwidth()
    return {"prefill": medians(first), "decode": medians(interleaved(steps, rounds=rounds))}


def rates(batch: int, seconds: dict[str, dict[str, float]], name: str) -> dict[str, float]:
    step = seconds["decode"][name] / STEPS
    return {
        f"prefill {batch}, tokens/s": round(batch * PROMPT / seconds["prefill"][name]),
        f"decode {batch}, ms/step": round(1000 * step, 2),
        f"decode {batch}, tokens/s": round(batch / step, 1),
    }


def main() -> None:
    found = {batch: measure(batch) for batch in ROUNDS}
    names = ("whiteboard", "transformers", "llama.cpp")
    rows = {n: {k: v for b in ROUNDS for k, v in rates(b, found[b], n).items()} for n in names}
    ratios = {
        f"{phase} {batch}, of {peer}": seconds[phase][peer] / seconds[phase]["whiteboard"]
        for batch, seconds in found.items()
        for phase in ("prefill", "decode")
        for peer in names[1:]
    }
    reads = {n: (1 << 29) / s / 1e9 for n, s in found[1]["decode"].items() if n not in names}
    cache = sum(leaf.nbytes for leaf in jax.tree.leaves(_cache(1)))
    read = (4 * MODEL.config.num_parameters + cache) / 1e9  # each weight and each slot, once
    read *= STEPS / found[1]["decode"]["whiteboard"]
    for name, rate in reads.items():
        ratios[f"decode 1, of the bandwidth of a {name}"] = read / rate
    table(rows)
    print()
    table({n: {"ratio": f"{r:.2f}", "target": TARGETS.get(n, "")} for n, r in ratios.items()})
    seconds = first_answer()
    print(f"\nread GB/s: {read:.1f} by decoding, of {reads}\nfirst answer: {seconds} s; target 12")
    results = {
        "prompt": PROMPT,
        "slots": SLOTS,
        "steps": STEPS,
        "rounds": {str(batch): rounds for batch, rounds in ROUNDS.items()},
        "threads": CORES,
        "rows": rows,
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
        "gigabytes_read_per_second": {"decode": round(read, 1)}
        | {name: round(rate, 1) for name, rate in reads.items()},
        "first_answer_seconds": seconds,
    }
    record(
        "lm",
        results,
        packages=("jax", "flax", "torch", "transformers", "llama-cpp-python", "numpy"),
    )


if __name__ == "__main__":
    FILE = weights.find("smollm2-135m")
    TOKENS = np.load(ROOT / "tests" / "references" / "lm_logits.npz")["tokens"]
    GREEDY = lm.Sampling()
    torch.set_num_threads(CORES)
    MODEL = lm.load("smollm2-135m")
    THEIRS = transformers.LlamaForCausalLM.from_pretrained(
        FILE.parent, gguf_file=FILE.name, dtype=torch.float32
    ).eval()
    QUIET = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(QUIET, ctypes.c_void_p(0))
    GGML_MODEL = llama_cpp.llama_model_load_from_file(
        str(FILE).encode(), llama_cpp.llama_model_default_params()
    )
    main()
