"""The parts of a step on eight emulated devices, against one device."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.emulation import emulated
from whiteboard.training.sharded_step import Batch, StepConfig, make_step, share_of_mean
from whiteboard.training.sharding_comparison import (
    worst,
)
from whiteboard.training.step import next_token_loss

PROGRAM = """
import json, sys
import jax, jax.numpy as jnp, optax
from flax import nnx
from jax.sharding import NamedSharding, PartitionSpec
from whiteboard.architecture.collectives import collectives, totals
from whiteboard.architecture.sharding import (
    BATCH_AXES, bytes_per_device, make_mesh, measured_bytes)
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.training.sharded_step import Batch, StepConfig, make_step
from whiteboard.training.sharding_comparison import worst

decoder = DecoderConfig.tiny(num_layers=1, tie_embeddings=False)
mesh = make_mesh(fsdp=4, tensor=2)
rows = NamedSharding(mesh, PartitionSpec(BATCH_AXES))
tokens = jax.random.randint(jax.random.key(1), (16, 11), 0, 256)
plain = Batch(tokens, jnp.arange(11) < 2 + jnp.arange(16)[:, None])
batch = jax.device_put(plain, rows)
optimizer = optax.adamw(1e-3)
one = make_step(StepConfig(decoder), None, optimizer)
loss, wanted = one.gradient(one.state(0)[0], plain)
found = {}
for name, changes in {
    "microbatches": {"microbatches": 2},
    "remat": {"remat": True},
    "bf16": {"dtype": jnp.bfloat16},
}.items():
    ready = make_step(StepConfig(decoder, **changes), mesh, optimizer)
    weights, moments = ready.state(0)
    compiled = ready.gradient.lower(weights, batch).compile()
    got_loss, got = compiled(weights, batch)
    found[name] = {
        "loss": float(abs(got_loss - loss)), "gradient": worst(wanted, got),
        "dtypes": sorted({str(x.dtype) for x in jax.tree.leaves((weights, got))}),
        "collectives": totals(collectives(compiled.as_text())),
    }
before = jax.tree.map(lambda x: x.sharding, (weights, moments))
*state, loss = ready.step(weights, moments, nnx.State({}), batch)
after = jax.tree.map(lambda x: x.sharding, tuple(state))
same = jax.tree.map(lambda a, b, x: a.is_equivalent_to(b, x.ndim), before, after, tuple(state))
replicated = jax.device_put(state[1], NamedSharding(mesh, PartitionSpec()))
found["step"] = {
    "stays": all(jax.tree.leaves(same)),
    "dtypes": sorted({str(x.dtype) for x in jax.tree.leaves(state)}),
    "moments": measured_bytes(state[1]), "formula": bytes_per_device(state[1], mesh.shape),
    "not_sharded": measured_bytes(replicated),
}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    return json.loads(emulated(8, "-c", PROGRAM))


@pytest.mark.parametrize("name", ["microbatches", "remat"])
def test_memory_is_saved_without_changing_the_gradient(found, name):
    assert found[name]["loss"] < 1e-5
    assert found[name]["gradient"] < 1e-5


def test_remat_gathers_a_layers_weights_again(found):
    once, again = (found[name]["collectives"]["all-gather"] for name in ("bf16", "remat"))
    assert again[0] == once[0] + 9


def test_bf16_computes_and_float32_is_kept(found):
    assert 1e-5 < found["bf16"]["gradient"] < 0.1
    assert found["bf16"]["dtypes"] == ["float32"]
    assert found["step"]["dtypes"] == ["float32", "int32"]


def test_a_step_leaves_everything_where_it_lay(found):
    assert found["step"]["stays"]
    assert found["step"]["moments"] == found["step"]["formula"]


def test_moments_on_every_device_are_seen(found):
    assert found["step"]["not_sharded"] > 3 * found["step"]["formula"]


def test_share_of_mean_makes_the_mean_a_sum():
    config = DecoderConfig.tiny(num_layers=1)
    tokens = jax.random.randint(jax.random.key(0), (3, 7), 0, 256)
    counted = jnp.array(np.random.default_rng(0).random((3, 7)) < 0.5)
    assert float(share_of_mean(Batch(tokens, counted)).sum()) == pytest.approx(1)
    ready = make_step(StepConfig(config), None, optax.sgd(0.1))
    weights, _ = ready.state(0)
    loss, gradient = ready.gradient(weights, Batch(tokens, counted))
    graph, plain, rest = nnx.split(
        nnx.eval_shape(lambda: Decoder(config, rngs=nnx.Rngs(0))), nnx.Param, ...
    )
    weights = jax.tree.unflatten(jax.tree.structure(plain), jax.tree.leaves(weights))

    def mean(weights):
        return next_token_loss(nnx.merge(graph, weights, rest)(tokens), tokens, counted)

    want_loss, want = jax.jit(jax.value_and_grad(mean))(weights)
    assert float(loss) == pytest.approx(float(want_loss), rel=1e-6)
    assert worst(want, gradient) < 1e-5
