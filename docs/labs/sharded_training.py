# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Sharded training on eight devices that are not there
#
# A CPU can pretend to be eight devices. They share its cores, so nothing is faster; but arrays are
# split, programs are partitioned, and collectives run as they would on eight chips. This lab trains
# a small decoder on such a mesh, looks at where everything lies and at what is sent, then kills a
# run in the middle of a save and takes it up on another mesh.
#
# The formulas are on [their own page](../architecture/sharded-training.md).
#
# The number of devices must be set before JAX is imported. On a machine with eight real ones, leave
# this cell out.

# %%
import os

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"

import jax

print(jax.device_count(), "devices:", jax.devices()[0], "to", jax.devices()[-1])

# %% [markdown]
# ## A mesh, and an array on it
#
# A mesh gives the devices' axes names. A partition spec says which axis splits which dimension.

# %%
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from whiteboard.architecture.sharding import make_mesh

mesh = make_mesh(fsdp=4, tensor=2)
print(dict(mesh.shape))
matrix = jnp.arange(8 * 6).reshape(8, 6)
split = jax.device_put(matrix, NamedSharding(mesh, PartitionSpec("fsdp", "tensor")))
for shard in split.addressable_shards:
    rows, columns = ((s.start or 0, s.stop or n) for s, n in zip(shard.index, matrix.shape))
    print(f"device {shard.device.id}: rows {rows}, columns {columns}, {shard.data.nbytes} bytes")

# %% [markdown]
# A function of split arrays needs no change. The sum of a split matrix is one number, and the
# compiler adds the collective that makes it so.

# %%
from whiteboard.architecture.collectives import collectives

total = jax.jit(jnp.sum).lower(split).compile()
print(int(total(split)), "=", int(matrix.sum()))
print(collectives(total.as_text()))

# %% [markdown]
# ## A model on it
#
# The rules of the page place each weight by its name. Here is the first layer.

# %%
import optax

from whiteboard.architecture.sharding import bytes_per_device, measured_bytes, named
from whiteboard.lm.config import DecoderConfig
from whiteboard.training.placed_decoder import StepConfig
from whiteboard.training.sharded_step import make_step

decoder = DecoderConfig.tiny(num_heads=8, num_kv_heads=8, head_dim=8, tie_embeddings=False)
ready = make_step(StepConfig(decoder), mesh, optax.adamw(3e-3))
weights, moments = ready.state(0)
for name, array in named(weights).items():
    if not name.startswith("layers.1"):
        here = array.addressable_shards[0].data.shape
        print(f"{name:45} {array.shape!s:11} {here!s:9} {tuple(array.sharding.spec)}")

# %%
whole = 4 * decoder.num_parameters
print(f"weights: {whole:,} bytes; on a device {measured_bytes(weights):,}")
print(f"the formula says {bytes_per_device(weights, mesh.shape):,}")
print(f"Adam's moments on a device: {measured_bytes(moments):,}")

# %% [markdown]
# ## Training
#
# The same step on three meshes, each with the same rows: paragraphs of Python's documentation. The
# three curves lie on each other.

# %%
from flax import nnx

from whiteboard.training.sharded_run import batch_of

STEPS = 40


def curve(**sizes):
    mesh = make_mesh(**sizes)
    ready = make_step(StepConfig(decoder), mesh, optax.adamw(3e-3))
    state, losses = ready.state(0), []
    for step in range(STEPS):
        *state, loss = ready.step(*state, nnx.State({}), batch_of(step, 16, 48, mesh))
        losses.append(float(loss))
    return losses


layouts = {"data 8": {"data": 8}, "fsdp 8": {"fsdp": 8}, "fsdp 4, tensor 2": dict(mesh.shape)}
curves = {name: curve(**sizes) for name, sizes in layouts.items()}
for name, losses in curves.items():
    print(f"{name:17} {losses[0]:.2f} nats at first, {losses[-1]:.2f} after {STEPS} steps")

# %%
from whiteboard.figures import show, style, subplots

with style("layouts"):
    figure, axes = subplots(figsize=(5.2, 2.8))
    for (name, losses), width in zip(curves.items(), (7, 4, 1.5)):
        axes.plot(range(1, STEPS + 1), losses, label=name, linewidth=width)
    axes.set_xlabel("step")
    axes.set_ylabel("nats per byte")
    axes.legend()
show(figure, "Training loss by step on three meshes: the three curves lie on each other.")

# %% [markdown]
# ## What is sent
#
# Read from each compiled program: how many collectives of each kind, and the bytes of their results
# on a device.

# %%
from whiteboard.architecture.collectives import totals

for name, sizes in layouts.items():
    mesh = make_mesh(**sizes)
    ready = make_step(StepConfig(decoder), mesh, optax.adamw(3e-3))
    batch = batch_of(0, 16, 48, mesh)
    program = ready.gradient.lower(ready.abstract[0], batch).compile().as_text()
    for kind, (count, size) in totals(collectives(program)).items():
        print(f"{name:17} {kind:12} {count:3} {size / whole:6.2f} times the weights")

# %% [markdown]
# Data parallel adds up one gradient: once the weights. FSDP gathers the weights too. With a tensor
# axis weights and gradients are halved, and activations are added up inside every layer: with a
# model as small as this one they are the larger part.
#
# ## Killed, and taken up again
#
# The script of the page, as a process of its own. It saves after its first step and after every
# second one. Once one checkpoint is whole and the next is half written, it gets a signal that it
# cannot catch.

# %%
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

directory = pathlib.Path(tempfile.mkdtemp())
SCRIPT = [sys.executable, "-m", "whiteboard.training.sharded_run", "--layers", "1", "--steps", "8"]


def start(folder, mesh):
    command = [*SCRIPT, "--directory", str(folder), "--mesh", mesh]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def names(half):
    return sorted(d.name for d in directory.iterdir() if ("tmp" in d.name) == half)


run = start(directory, "fsdp=8")
while run.poll() is None:
    if names(half=False) and names(half=True):
        run.send_signal(signal.SIGSTOP)  # so that the save cannot end while we look
        if names(half=True):
            break
        run.send_signal(signal.SIGCONT)
    time.sleep(0.001)
run.send_signal(signal.SIGKILL)
before, _ = run.communicate()
print("ended by signal", -run.returncode)
print("whole:", *names(half=False))
print("half written:", len(names(half=True)))

# %% [markdown]
# The second run finds the last whole checkpoint, reads each array to where another mesh wants it,
# and goes on.

# %%
import json


def losses_of(text):
    lines = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return {line["step"]: line["loss"] for line in lines if "step" in line}


after = losses_of(start(directory, "fsdp=2,tensor=4").communicate()[0])
undisturbed = losses_of(start(tempfile.mkdtemp(), "data=8").communicate()[0])
print("taken up at step", min(after))
both = losses_of(before) | after
apart = max(abs(both[step] - undisturbed[step]) for step in undisturbed)
print(f"all {len(undisturbed)} losses as without the kill, within 0.001: {apart < 1e-3}")

# %% [markdown]
# No step is missing, and none was counted twice. The steps between the checkpoint and the kill were
# made again from the same rows, because a row depends on its step and its number alone.
