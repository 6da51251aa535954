"""Six layouts on eight emulated devices: one device's gradient, and the bytes of the formulas."""

import json

import numpy as np
import pytest

from whiteboard.training.emulation import emulated
from whiteboard.training.sharding_comparison import (
    BATCH,
    DECODER,
    LAYOUTS,
    NUM_EXPERTS,
    TIME,
    worst,
)

PARAMETERS = DECODER.num_parameters


ACTIVATION = 4 * BATCH * TIME * DECODER.hidden_size


@pytest.fixture(scope="module")
def found():
    """The rows that the program prints, by layout."""
    rows = emulated(8, "-m", "whiteboard.training.sharding_comparison").splitlines()
    return {row["layout"]: row for row in map(json.loads, rows)}


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


def test_the_worst_difference_is_a_share_of_its_own_array():
    wanted = {"large": np.array([100.0, -200.0]), "small": np.array([0.5, 0.25])}
    got = {"large": np.array([101.0, -200.0]), "small": np.array([0.5, 0.20])}
    assert worst(wanted, wanted) == 0
    assert worst(wanted, got) == pytest.approx(0.05 / 0.5)
