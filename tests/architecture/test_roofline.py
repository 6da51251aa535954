"""The plan of a step: counts against published ones, and the formulas by hand."""

import dataclasses

import pytest

from whiteboard.architecture.collectives import Collective
from whiteboard.architecture.parameter_count import parameters
from whiteboard.architecture.roofline import (
    BY_NAME,
    active_parameters,
    plan,
    ring,
    routed_parameters,
    speed,
)
from whiteboard.data.accelerators import Accelerator, accelerators
from whiteboard.data.published_models import ModelShape, published_models

TOY = ModelShape(
    vocab_size=11, hidden_size=6, intermediate_size=10, num_layers=3, num_heads=2,
    num_kv_heads=1, head_dim=5,
)  # fmt: skip
CHIP = Accelerator("chip", 1e6, 1e6, 1e3, 200.0, 4, 10.0, "")


def test_a_table_that_is_looked_up_is_not_multiplied():
    mixtral, small = BY_NAME["Mixtral 8x7B"], published_models()["SmolLM2 135M"]
    assert active_parameters(mixtral) == parameters(mixtral, 2) - 32_000 * 4096
    assert active_parameters(small) == parameters(small)


def test_routed_weights_are_those_of_the_experts_alone():
    assert routed_parameters(BY_NAME["Mixtral 8x7B"]) == 32 * 8 * 3 * 4096 * 14_336
    assert routed_parameters(BY_NAME["Llama 3.1 8B"]) == 0


def test_tied_tables_are_gathered_once():
    tied, own = (
        plan(dataclasses.replace(TOY, tie_embeddings=tie), CHIP, {}, sequences=4, length=7)
        for tie in (True, False)
    )
    assert own.gathered - tied.gathered == 2 * 66


def test_latent_attention_is_not_planned():
    with pytest.raises(ValueError, match="got latent attention"):
        plan(published_models()["DeepSeek-V3"], CHIP, {}, sequences=4, length=7)


def test_one_chip_by_hand():
    weights = 2 * 11 * 6 + 6 + 3 * (2 * 6 * 5 * 3 + 12 + 180)
    assert parameters(TOY) == weights
    found = plan(TOY, CHIP, {}, sequences=4, length=7)
    assert found.state == 16 * weights
    assert found.gathered == 2 * ((weights - 132) / 3 + 132)
    assert found.activations == 2 * 28 * 6 * 3 + 4 * 28 * 11
    per_token = 6 * (weights - 66) + 6 * 3 * 10 * 7
    assert found.compute == pytest.approx(per_token * 28 * 4 / 3 / 1e6)
    assert found.reading == pytest.approx((8 * weights + 28 * weights) / 1e3)
    assert set(found.collectives.values()) == {0}
    assert found.memory == found.state + found.gathered + found.activations


def test_each_axis_by_hand():
    weights = parameters(TOY)
    at = {"sequences": 4, "length": 7}
    fsdp = plan(TOY, CHIP, {"fsdp": 2}, **at)
    assert fsdp.state == 8 * weights
    assert fsdp.collectives["fsdp"] == pytest.approx(3 * 2 * weights / 2 / 100)
    data = plan(TOY, CHIP, {"data": 2}, **at)
    assert data.state == 16 * weights
    assert data.collectives["data"] == pytest.approx(2 * 2 * weights / 2 / 100)
    tensor = plan(TOY, CHIP, {"tensor": 2}, **at)
    all_reduce = Collective("all-reduce", 2 * 28 * 6, 2).sent
    assert tensor.collectives["tensor"] == pytest.approx(6 * 3 * all_reduce / 100)
    sparse = dataclasses.replace(TOY, num_experts=4, top_k=2, expert_size=10)
    expert = plan(sparse, CHIP, {"expert": 2}, **at)
    exchange = Collective("all-to-all", 2 * 2 * 14 * 6, 2).sent
    shared = 2 * 2 * parameters(sparse, 0) / 2
    assert expert.collectives["expert"] == pytest.approx((6 * 3 * exchange + shared) / 100)
    assert expert.state == 16 * (parameters(sparse, 0) + routed_parameters(sparse) / 2)


def test_fsdp_sends_half_as_much_again_as_data_parallel():
    at = {"sequences": 8, "length": 7}
    both = (plan(TOY, CHIP, {axis: 4}, **at).collectives[axis] for axis in ("fsdp", "data"))
    assert next(both) / next(both) == pytest.approx(1.5)


def test_microbatches_save_activations_and_gather_again():
    at = {"sequences": 8, "length": 7}
    once, four = (plan(TOY, CHIP, {"fsdp": 2}, **at, microbatches=m) for m in (1, 4))
    assert four.activations == once.activations / 4
    assert four.collectives["fsdp"] == 4 * once.collectives["fsdp"]
    assert four.compute == once.compute


def test_an_axis_that_leaves_the_domain_is_slow():
    assert speed(CHIP, {"tensor": 4, "fsdp": 2}, "tensor") == 100
    assert speed(CHIP, {"tensor": 4, "fsdp": 2}, "fsdp") == 10
    assert speed(CHIP, {"fsdp": 4}, "fsdp") == 100


def test_the_bound_is_the_largest_roof():
    at = {"sequences": 8, "length": 7}
    assert plan(TOY, CHIP, {"fsdp": 8}, **at).bound == "fsdp"
    slow = dataclasses.replace(CHIP, flops=1.0)
    assert plan(TOY, slow, {"fsdp": 8}, **at).bound == "compute"
    assert plan(TOY, dataclasses.replace(CHIP, bandwidth=1e-3), {}, **at).bound == "reading"


def test_an_unknown_axis_is_an_error():
    with pytest.raises(ValueError, match="got model"):
        plan(TOY, CHIP, {"model": 2}, sequences=4, length=7)


def test_the_table_of_accelerators():
    assert len(accelerators()) >= 6
    for each in accelerators().values():
        assert each.source.startswith("https://")
        assert 50 < each.flops / each.bandwidth < 1000  # FLOPs a byte: a slipped unit would show
        assert each.network < each.link
    with pytest.raises(ValueError, match="memory must be positive"):
        dataclasses.replace(CHIP, memory=0.0)
    assert ring(12.0, 4) == 9
