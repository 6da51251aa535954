"""Filtered logits by transformers: temperature, then top-k, then top-p."""

import json
from importlib.metadata import version
from pathlib import Path

import _stored

STORED = Path(__file__).with_suffix(".json")
ROWS, VOCABULARY, SEED = 3, 29, 11
SETTINGS = (
    {"temperature": 0.7, "top_k": None, "top_p": None},
    {"temperature": 1.0, "top_k": 5, "top_p": None},
    {"temperature": 1.0, "top_k": 1, "top_p": None},
    {"temperature": 1.0, "top_k": None, "top_p": 0.9},
    {"temperature": 1.0, "top_k": None, "top_p": 0.05},
    {"temperature": 2.0, "top_k": 7, "top_p": 0.6},
    {"temperature": 0.5, "top_k": 100, "top_p": 1.0},
)


def filtered(logits, temperature, top_k, top_p):
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    logits = TemperatureLogitsWarper(temperature)(None, logits)
    if top_k is not None:
        logits = TopKLogitsWarper(top_k)(None, logits)
    if top_p is not None:
        logits = TopPLogitsWarper(top_p)(None, logits)
    return [[x if x > -1e30 else None for x in row] for row in logits.tolist()]


def compute() -> dict:
    import torch

    generator = torch.Generator().manual_seed(SEED)
    logits = 3 * torch.randn(ROWS, VOCABULARY, generator=generator)
    return {
        "logits": logits.tolist(),
        "cases": [dict(setting, kept=filtered(logits, **setting)) for setting in SETTINGS],
    }


def main() -> None:
    check = _stored.wants_check()
    got = compute()
    if check:
        stored = json.loads(STORED.read_text())
        if any(stored[name] != value for name, value in got.items()):
            raise SystemExit(f"{STORED.name}: moved since {stored['versions']}")
        print(f"{STORED.name}: unchanged")
        return
    versions = {name: version(name) for name in ("torch", "transformers")}
    STORED.write_text(json.dumps({"versions": versions, **got}) + "\n")
    print(f"{STORED.name}: written")


if __name__ == "__main__":
    main()
