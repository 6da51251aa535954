"""Expert parallelism on eight emulated devices, in a process of its own, against one device."""

import json
import os
import subprocess
import sys

import pytest

from whiteboard.architecture.expert_parallelism import all_to_all_bytes

PROGRAM = """
import jax, jax.numpy as jnp, json
from jax.sharding import AxisType
from whiteboard.architecture.expert_parallelism import all_to_all_bytes, expert_parallel
from whiteboard.architecture.mixture_of_experts import (
    ExpertWeights, capacity_experts, dropless_experts)
from whiteboard.architecture.router import route

mesh = jax.make_mesh((8,), ("expert",), axis_types=(AxisType.Auto,))
keys = jax.random.split(jax.random.key(0), 5)
x, router = jax.random.normal(keys[0], (88, 13)), jax.random.normal(keys[1], (13, 24))
shapes = (24, 13, 7), (24, 13, 7), (24, 7, 13)
weights = ExpertWeights(*(jax.random.normal(k, s) for k, s in zip(keys[2:], shapes)))

def single(x, router, weights):
    return dropless_experts(x, route(x @ router, top_k=3), weights)

def worst(a, b):
    pairs = zip(jax.tree.leaves(a), jax.tree.leaves(b))
    return max(float(jnp.abs(p - q).max() / jnp.abs(p).max()) for p, q in pairs)

many = jax.jit(expert_parallel(mesh, top_k=3, capacity=11))
loss = lambda layer: jax.jit(jax.grad(lambda *a: (layer(*a) ** 2).sum(), (0, 1, 2)))
small = expert_parallel(mesh, top_k=3, capacity=2)
parts = [
    capacity_experts(part, route(part @ router, top_k=3), weights, 2)[0]
    for part in x.reshape(8, 11, 13)
]
print(json.dumps({
    "devices": jax.device_count(),
    "output": worst(single(x, router, weights), many(x, router, weights)),
    "gradient": worst(loss(single)(x, router, weights), loss(many)(x, router, weights)),
    "dropping": worst(jnp.concatenate(parts), jax.jit(small)(x, router, weights)),
    "bytes": all_to_all_bytes(many.lower(x, router, weights).compile().as_text()),
}))
"""


@pytest.fixture(scope="module")
def found():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | flags,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


def test_eight_devices_answer_as_one(found):
    assert found["devices"] == 8
    assert found["output"] < 1e-5
    assert found["gradient"] < 1e-5


def test_with_drops_each_device_drops_as_it_would_alone(found):
    assert found["dropping"] < 1e-5


def test_two_all_to_alls_of_the_formulas_bytes(found):
    assert found["bytes"] == [24 * 11 * 13 * 4] * 2


def test_bytes_of_arrays_and_of_tuples():
    text = """
    %a = f32[2,3,8]{2,1,0} all-to-all(%x), channel_id=1, replica_groups={{0,1}}
    %b = (bf16[1,5]{1,0}, bf16[1,5]{1,0}) all-to-all(%y, %z), replica_groups={{0,1}}
    %c = f32[7]{0} add(%all-to-all, %d)
    """
    assert all_to_all_bytes(text) == [192, 20]
