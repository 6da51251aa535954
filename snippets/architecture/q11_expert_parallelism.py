"""A sparse layer over eight devices: one device's answer, and the bytes of its two all-to-alls."""

import os
import subprocess
import sys

import jax
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from whiteboard.architecture.expert_parallelism import all_to_all_bytes, expert_parallel
from whiteboard.architecture.mixture_of_experts import ExpertWeights, dropless_experts
from whiteboard.architecture.router import route

TOKENS, HIDDEN, EXPERTS, WIDTH, TOP_K = 512, 64, 16, 32, 2


def on_eight_devices() -> None:
    mesh = jax.make_mesh((8,), ("expert",), axis_types=(AxisType.Auto,))
    keys = jax.random.split(jax.random.key(0), 5)
    shapes = (EXPERTS, HIDDEN, WIDTH), (EXPERTS, HIDDEN, WIDTH), (EXPERTS, WIDTH, HIDDEN)
    weights = ExpertWeights(*(jax.random.normal(k, s) for k, s in zip(keys, shapes)))
    x = jax.random.normal(keys[3], (TOKENS, HIDDEN)) / HIDDEN**0.5
    router = jax.random.normal(keys[4], (HIDDEN, EXPERTS))
    alone = dropless_experts(x, route(x @ router, top_k=TOP_K), weights)

    split = NamedSharding(mesh, PartitionSpec("expert"))
    x, weights = jax.device_put((x, weights), split)
    print("devices:", jax.device_count(), "- experts on each:", EXPERTS // 8)
    for capacity in (TOKENS // 8, 12):  # of one device's 64 tokens for one expert
        layer = jax.jit(expert_parallel(mesh, top_k=TOP_K, capacity=capacity))
        same = abs(layer(x, router, weights) - alone).max(axis=1) < 1e-4
        found = all_to_all_bytes(layer.lower(x, router, weights).compile().as_text())
        print(f"capacity {capacity}: {same.mean():.0%} of the tokens as on one device")
        print(f"  all-to-alls: {found} bytes; E C D 4 = {EXPERTS * capacity * HIDDEN * 4}")


if jax.device_count() >= 8:
    on_eight_devices()
else:  # run this program again, in a process to which the processor looks like eight devices
    emulated = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    program = [sys.executable, "snippets/architecture/q11_expert_parallelism.py"]
    run = subprocess.run(program, env=os.environ | emulated, stdout=subprocess.PIPE, check=True)
    print(run.stdout.decode(), end="")
