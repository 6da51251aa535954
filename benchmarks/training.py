"""A training step of the language model beside peft and transformers with torch, in one process.

`python benchmarks/training.py` needs the heavy oracles (`make bench`); prints a table and writes
the record `training`. All train in float32 with AdamW on the same tokens; the LoRA
adapters start from the same numbers, so the losses can be compared step by step. Each library has
as many threads as the machine has cores, and both have an allocator that keeps what is freed.
"""

import gc
import os

import jax
import jax.numpy as jnp
import numpy as np
import optax
import peft
import torch
import transformers
from flax import nnx

from _record import KEEP_FREED_MEMORY, interleaved, keep_freed_memory, medians, record, table
from whiteboard import lm
from whiteboard.adaptation.lora import LoRALinear, add_lora
from whiteboard.data import python_topics
from whiteboard.lm import weights
from whiteboard.training.step import next_token_loss, train_step

BATCH, TIME, ROUNDS, RATE = 4, 128, 9, 1e-4
RANK, ALPHA, TARGETS = 8, 16, ("q_proj", "v_proj")
TARGET = 1.7
CORES = os.cpu_count() or 1


class Ours:
    """The step that `fit` takes."""

    def __init__(self, lora: bool) -> None:
        model = lm.load("smollm2-135m").decoder
        if lora:
            add_lora(model, rank=RANK, alpha=ALPHA, targets=TARGETS, rngs=nnx.Rngs(0))
        self.adapters = [a for _, a in nnx.iter_modules(model) if isinstance(a, LoRALinear)]
        self.first = [np.asarray(adapter.a[...]) for adapter in self.adapters]
        optimizer = optax.adamw(RATE, weight_decay=0.0)
        graph, trained, self.rest = nnx.split(model, nnx.LoRAParam if lora else nnx.Param, ...)
        self.compiled = train_step(
            graph,
            loss=lambda decoder, tokens: next_token_loss(decoder(tokens), tokens),
            optimizer=optimizer,
        )
        self.trained = jax.tree.map(jnp.copy, trained)
        self.parameters = sum(leaf.size for leaf in jax.tree.leaves(trained))
        self.state, self.losses = optimizer.init(self.trained), []

    def step(self) -> None:
        self.trained, self.state, loss = self.compiled(self.trained, self.state, self.rest, TOKENS)
        self.losses.append(float(loss))


class Theirs:
    """peft's adapters, or all weights of the transformers model; torch's AdamW."""

    def __init__(self, adapters: list[np.ndarray]) -> None:
        model = transformers.LlamaForCausalLM.from_pretrained(
            FILE.parent, gguf_file=FILE.name, dtype=torch.float32
        )
        if adapters:
            config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=list(TARGETS))
            model = peft.get_peft_model(model, config)
            theirs = [p for n, p in model.named_parameters() if "lora_A" in n]
            for ours, parameter in zip(adapters, theirs, strict=True):
                parameter.data = torch.from_numpy(ours.T.copy())
        self.model = model.train()
        trained = [p for p in model.parameters() if p.requires_grad]
        self.parameters = sum(p.numel() for p in trained)
        self.optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
        self.tokens, self.losses = torch.from_numpy(TOKENS.astype(np.int64)), []

    def step(self) -> None:
        self.optimizer.zero_grad()
        loss = self.model(input_ids=self.tokens, labels=self.tokens, use_cache=False).loss
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss.item())


def measure(lora: bool) -> dict[str, float]:
    """Median seconds of both, and how far apart their losses are at any step."""
    ours = Ours(lora)
    theirs = Theirs(ours.first)
    if ours.parameters != theirs.parameters:
        raise SystemExit(f"{ours.parameters:,} against {theirs.parameters:,} weights are trained")
    times = medians(
        interleaved({"ours": ours.step, "theirs": theirs.step}, rounds=ROUNDS, warmup=4)
    )
    apart = np.abs(np.subtract(ours.losses, theirs.losses)).max()
    if apart > 1e-3:
        raise SystemExit(f"the losses part by {apart:.1e}: {ours.losses}, {theirs.losses}")
    return {
        "trained parameters": ours.parameters,
        "whiteboard, s/step": round(times["ours"], 3),
        "torch, s/step": round(times["theirs"], 3),
        "ratio": round(times["theirs"] / times["ours"], 2),
        "first loss": round(ours.losses[0], 4),
        "last loss": round(ours.losses[-1], 4),
        "losses apart": float(f"{apart:.0e}"),
    }


def main() -> None:
    rows = {}
    for name, lora in (("LoRA, beside peft", True), ("all weights, beside transformers", False)):
        rows[name] = measure(lora)
        gc.collect()
    table(rows)
    print(f"target: a ratio of {TARGET}")
    conditions = {"batch": BATCH, "time": TIME, "rounds": ROUNDS, "rate": RATE, "rank": RANK,
                  "alpha": ALPHA, "targets": TARGETS, "threads": CORES,
                  "allocator": KEEP_FREED_MEMORY}  # fmt: skip
    packages = ("jax", "flax", "optax", "torch", "transformers", "peft")
    record("training", conditions | {"rows": rows}, packages=packages)


if __name__ == "__main__":
    keep_freed_memory()
    torch.set_num_threads(CORES)
    FILE = weights.find("smollm2-135m")
    MODEL_IDS = lm.load("smollm2-135m").tokenizer.encode(python_topics()["assignment"])
    TOKENS = np.array(MODEL_IDS[: BATCH * TIME], np.int32).reshape(BATCH, TIME)
    main()
