"""The accelerators: every row whole, in the units that it says."""

import dataclasses

import pytest

from whiteboard.data.accelerators import accelerators


def test_an_h100_as_nvidia_states_it():
    """H100 SXM data sheet: 1,979 bf16 TFLOPS with sparsity, twice the dense; 80 GB, 3.35 TB/s."""
    chip = accelerators()["H100 80 GB"]
    assert 2 * chip.flops == pytest.approx(1979e12, rel=1e-3)
    assert (chip.memory, chip.bandwidth, chip.link) == (80e9, 3.35e12, 900e9)
    assert chip.domain == 8


def test_every_row_is_a_chip_with_its_source():
    for name, chip in accelerators().items():
        assert chip.name == name
        assert chip.source.startswith("https://"), name
        # Petaflops, gigabytes and terabytes a second: a slip of 1,000 would leave these ranges.
        assert 1e14 < chip.flops < 1e16, name
        assert 1e10 < chip.memory < 1e12, name
        assert 5e11 < chip.bandwidth < 1e13, name
        assert chip.network <= chip.link < chip.bandwidth, name


@pytest.mark.parametrize("field", ["flops", "memory", "bandwidth", "link", "domain", "network"])
def test_a_figure_that_is_not_positive_is_refused(field):
    chip = next(iter(accelerators().values()))
    with pytest.raises(ValueError, match=f"{field} must be positive"):
        dataclasses.replace(chip, **{field: type(getattr(chip, field))(0)})
