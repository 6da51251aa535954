"""Six layouts and the parts of a step on eight emulated devices, against one device."""

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
    BATCH,
    DECODER,
    LAYOUTS,
    NUM_EXPERTS,
    TIME,
    worst,
)
from whiteboard.training.step import next_token_loss

PARAMETERS = DECODER.num_parameters
ACTIVATION = 4 * BATCH * TIME * DECODER.hidden_size
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
from whiteboard.training.sharding_comparison import compare, worst

for row in compare():
    print(json.dumps(row))

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
    *rows, parts = map(json.loads, emulated(8, "-c", PROGRAM).splitlines())
    return {row["layout"]: row for row in rows} | parts


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_gradient_is_one_devices(found, name):
    assert found[name]["loss_error"] < 1e-5
    assert found[name]["gradient_error"] < 1e-5


@pytest.mark.parametrize("name", LAYOUTS)
def test_bytes_on_a_device_are_the_formulas(found, name):
    row = found[name]
    assert row["weight_bytes"] == row["weight_formula"] == row["gradient_bytes"]
    assert row["moment_bytes"] == row["moment_formula"] == 2 * row["weight_bytes"] + 4


def test_the_weights_of_a_layout_in_numbers(found):
    assert found["data parallel"]["weight_bytes"] == 4 * PARAMETERS
    assert found["FSDP"]["weight_bytes"] == 4 * PARAMETERS / 8
    norms = (2 * DECODER.num_layers + 1) * DECODER.hidden_size
    assert found["tensor parallel"]["weight_bytes"] == 4 * ((PARAMETERS - norms) / 8 + norms)


def test_data_parallel_reduces_every_gradient_once(found):
    """And the loss, and the count of tokens: 4 bytes each."""
    found = found["data parallel"]["collectives"]
    assert found.keys() == {"all-reduce"}
    assert found["all-reduce"][1] == 4 * PARAMETERS + 8


def test_fsdp_gathers_every_weight_once_and_reduces_every_gradient(found):
    found = found["FSDP"]["collectives"]
    arrays = 9 * DECODER.num_layers + 3
    assert found["all-gather"] == [arrays, 4 * PARAMETERS]
    # The CPU compiler reduces and cuts where others would scatter.
    reduced = found.get("reduce-scatter", [0, 0])[1] * 8 + found["all-reduce"][1]
    assert reduced == 4 * PARAMETERS + 8
    assert found.keys() <= {"all-gather", "all-reduce", "reduce-scatter"}


def test_tensor_parallel_reduces_activations(found):
    """Megatron's 2 + 2 a layer, and embedding and head; unsummed, q, k, v and gate, up: 2 + 5."""
    found = found["tensor parallel"]["collectives"]
    layers, small = DECODER.num_layers, 3 * 4 * BATCH * (TIME - 1)
    assert found.keys() == {"all-reduce"}
    large = (found["all-reduce"][1] - small - 4 * (found["all-reduce"][1] % 2)) // ACTIVATION
    assert 4 * layers + 2 <= large <= 7 * layers + 2


def test_the_mix_moves_less_than_data_parallel_alone(found):
    assert found["mix of three"]["collectives"]["all-gather"][1] == pytest.approx(
        4 * PARAMETERS / 2, rel=0.01
    )
    assert found["mix of three"]["weight_bytes"] < found["data parallel"]["weight_bytes"] / 3


def test_experts_send_every_token_there_and_back(found):
    """Two all-to-alls a layer, and two in the backward pass, of E x capacity x D."""
    capacity = BATCH * TIME // 8
    wanted = 4 * DECODER.num_layers * 4 * NUM_EXPERTS * capacity * DECODER.hidden_size
    for name in ("expert parallel", "FSDP and experts"):
        assert found[name]["collectives"]["all-to-all"] == [4 * DECODER.num_layers, wanted]


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
