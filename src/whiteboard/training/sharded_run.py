"""Train a decoder over a mesh: the same program on one CPU, on a pod, and after being killed.

    python -m whiteboard.training.sharded_run --mesh fsdp=8 --steps 6 --directory runs/a

Run it again with the same directory and it goes on from the last whole checkpoint, on whatever
mesh it is given. With `--distributed` it is one process of several: JAX finds the others by
itself under Slurm, on Kubernetes and on Cloud TPU, or by `--coordinator` and the two numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Int

from whiteboard.architecture.sharding import BATCH_AXES, make_mesh, named
from whiteboard.data import python_topics
from whiteboard.lm.config import DecoderConfig
from whiteboard.training.placed_decoder import StepConfig
from whiteboard.training.sharded_step import Batch, ShardedStep, make_step


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="whiteboard.training.sharded_run")
    made.add_argument("--mesh", default="", help="fsdp=4,tensor=2; other axes have size 1")
    made.add_argument("--directory", type=Path, required=True, help="of the checkpoints")
    for name, value in {"steps": 6, "save-every": 2, "batch": 16, "length": 32}.items():
        made.add_argument(f"--{name}", type=int, default=value)
    for name, value in {"layers": 2, "hidden": 64, "experts": 0, "microbatches": 1}.items():
        made.add_argument(f"--{name}", type=int, default=value)
    for name in ("remat", "bf16", "distributed"):
        made.add_argument(f"--{name}", action="store_true")
    made.add_argument("--coordinator", help="address:port of process 0")
    made.add_argument("--num-processes", type=int)
    made.add_argument("--process-id", type=int)
    return made


def mesh_sizes(text: str) -> dict[str, int]:
    """`"fsdp=4,tensor=2"` as a dict.

    Raises:
        ValueError: a part that is not name=number.
    """
    parts = [part.partition("=") for part in text.split(",") if part]
    if wrong := [name + sign + size for name, sign, size in parts if not size.isdecimal()]:
        raise ValueError(f"wanted --mesh axis=size,axis=size, got {wrong[0]}")
    return {name: int(size) for name, _, size in parts}


@cache
def paragraphs() -> tuple[bytes, ...]:
    """The corpus: the paragraphs of the Python documentation's topics, as bytes."""
    found = (part.strip() for text in python_topics().values() for part in text.split("\n\n"))
    return tuple(part.encode() for part in found if part)


# --8<-- [start:data]
def row(step: int, number: int, length: int) -> Int[np.ndarray, "length"]:
    """Row `number` of step `step`: a paragraph drawn from these two numbers, -1 after its end.

    Nothing else is remembered, so a run that starts again at a step sees what it would have seen.

    Args:
        step: number of the training step, from 0.
        number: number of the row in the batch, from 0.
        length: tokens of a row.

    Returns:
        Bytes of the paragraph, then -1.
    """
    chosen = np.random.default_rng((step, number)).integers(len(paragraphs()))
    text = np.frombuffer(paragraphs()[chosen][:length], np.uint8)
    return np.pad(text.astype(np.int32), (0, length - len(text)), constant_values=-1)


def batch_of(step: int, rows: int, length: int, mesh: Mesh) -> Batch:
    """The step's batch. Each process makes the rows of its own devices, and no others.

    Args:
        step: number of the training step, from 0.
        rows: rows of the whole batch, over all processes.
        length: tokens of a row.
        mesh: devices and their axes; rows are split over `BATCH_AXES`.

    Returns:
        The tokens, and which of them count.
    """
    place = NamedSharding(mesh, PartitionSpec(BATCH_AXES))

    def local(index: Any) -> np.ndarray:
        return np.stack([row(step, number, length) for number in range(rows)[index[0]]])

    found = jax.make_array_from_callback((rows, length), place, local)
    return Batch(jnp.maximum(found, 0), found >= 0)


# --8<-- [end:data]


# --8<-- [start:run]
def train(options: argparse.Namespace, mesh: Mesh, ready: ShardedStep) -> None:
    """Steps from the last whole checkpoint on, each with its loss.

    Args:
        options: of the command line: steps, batch, length, directory, and how often to save.
        mesh: devices and their axes.
        ready: the compiled step and its initial state.
    """
    keep = ocp.CheckpointManagerOptions(save_interval_steps=options.save_every, max_to_keep=2)
    with ocp.CheckpointManager(options.directory.absolute(), options=keep) as checkpoints:
        first = checkpoints.latest_step() or 0
        state = restore(checkpoints, first, ready) if first else ready.state(0)
        say({"from": first, "devices": jax.device_count(), "processes": jax.process_count()})
        for step in range(first, options.steps):
            batch = batch_of(step, options.batch, options.length, mesh)
            *state, loss = ready.step(*state, nnx.State({}), batch)
            say({"step": step + 1, "loss": float(loss)})
            # It copies to the host, then writes beside the next steps.
            checkpoints.save(step + 1, args=ocp.args.StandardSave(named(tuple(state))))


def restore(checkpoints: ocp.CheckpointManager, step: int, ready: ShardedStep) -> Any:
    """(weights, moments) of a checkpoint, each array read straight to where this mesh wants it.

    Args:
        checkpoints: manager of the run's directory.
        step: number of the checkpoint's step.
        ready: the compiled step, which knows shapes and places.

    Returns:
        Weights and moments.
    """
    wanted = ocp.args.StandardRestore(named(ready.abstract))
    found = checkpoints.restore(step, args=wanted)
    leaves = [found[name] for name in named(ready.abstract)]
    return jax.tree.unflatten(jax.tree.structure(ready.abstract), leaves)


# --8<-- [end:run]


def say(line: dict[str, Any]) -> None:
    """A line of JSON, from process 0 alone."""
    if jax.process_index() == 0:
        print(json.dumps(line), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The program."""
    options = parser().parse_args(arguments)
    if options.distributed:
        jax.distributed.initialize(options.coordinator, options.num_processes, options.process_id)
    decoder = DecoderConfig.tiny(
        hidden_size=options.hidden,
        intermediate_size=3 * options.hidden,
        num_layers=options.layers,
        num_heads=8,
        num_kv_heads=8,
        head_dim=options.hidden // 8,
        tie_embeddings=False,
    )
    dtype = jnp.bfloat16 if options.bf16 else jnp.float32
    config = StepConfig(decoder, options.experts, 2, options.microbatches, options.remat, dtype)
    mesh = make_mesh(**mesh_sizes(options.mesh))
    train(options, mesh, make_step(config, mesh, optax.adamw(1e-3)))
    if options.distributed:
        jax.distributed.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
