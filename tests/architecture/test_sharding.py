"""Where arrays lie: the rules, and the formula for bytes on one device."""

import jax
import jax.numpy as jnp
import pytest
from jax.sharding import AbstractMesh, PartitionSpec

from whiteboard.architecture.sharding import (
    AXES,
    by_batch,
    bytes_per_device,
    gathered,
    make_mesh,
    measured_bytes,
    named,
    shardings,
    spec_of,
)

TREE = {
    "embed": {"embedding": jnp.zeros((22, 6))},
    "layers": [
        {"q_proj": {"kernel": jnp.zeros((6, 10))}, "attention_norm": {"scale": jnp.ones(6)}}
    ],
}


def sizes(**changed):
    return {axis: changed.get(axis, 1) for axis in AXES}


def test_a_weight_and_its_moment_have_the_same_rule():
    wanted = PartitionSpec("fsdp", "tensor")
    assert spec_of("layers.0.attention.q_proj.kernel", (6, 10)) == wanted
    assert spec_of("0.mu.layers.0.attention.q_proj.kernel", (6, 10)) == wanted
    assert spec_of("0.count", ()) == PartitionSpec()
    assert spec_of("layers.1.feed_forward.experts.down", (4, 6, 2)) == PartitionSpec(
        "expert", "fsdp"
    )
    assert spec_of("layers.1.feed_forward.router", (6, 4)) == PartitionSpec("fsdp")


def test_a_name_without_a_rule_is_an_error():
    with pytest.raises(ValueError, match=r"wanted one rule for layers\.0\.bias \(3,\), got 0"):
        spec_of("layers.0.bias", (3,))


def test_bytes_by_hand():
    assert bytes_per_device(TREE, sizes()) == 4 * (132 + 60 + 6)
    assert bytes_per_device(TREE, sizes(data=5)) == 4 * (132 + 60 + 6)
    assert bytes_per_device(TREE, sizes(fsdp=2)) == 4 * (66 + 30 + 3)
    assert bytes_per_device(TREE, sizes(tensor=2)) == 4 * (66 + 30 + 6)
    assert bytes_per_device(TREE, sizes(fsdp=2, tensor=2)) == 4 * (33 + 15 + 3)
    half = jax.tree.map(lambda x: x.astype(jnp.bfloat16), TREE)
    assert bytes_per_device(half, sizes(fsdp=2)) == 2 * (66 + 30 + 3)


def test_on_one_device_the_formula_is_what_lies_there():
    mesh = make_mesh()
    placed = jax.device_put(TREE, shardings(TREE, mesh))
    assert measured_bytes(placed) == bytes_per_device(placed, mesh.shape) == 792


def test_what_cannot_be_split_is_an_error():
    mesh = AbstractMesh((1, 4, 1, 1), AXES)
    with pytest.raises(ValueError, match=r"scale: 6 cannot be split over fsdp=4"):
        shardings(TREE["layers"], mesh)


def test_a_mesh_of_more_devices_than_there_are_says_how_to_emulate_them():
    with pytest.raises(ValueError, match="device_count=6"):
        make_mesh(fsdp=3, tensor=2)
    with pytest.raises(ValueError, match="got model"):
        make_mesh(model=1)


def test_without_a_mesh_nothing_is_said():
    x = jnp.ones((2, 3))
    assert by_batch(x, None) is x
    assert gathered(TREE, None) is TREE


def test_gathering_keeps_the_values():
    mesh = make_mesh()
    got = jax.jit(lambda tree: gathered(tree, mesh, skip=("embed",)))(TREE)
    assert named(got).keys() == named(TREE).keys()
    assert all(jnp.array_equal(got, want) for got, want in zip(*map(jax.tree.leaves, (got, TREE))))
