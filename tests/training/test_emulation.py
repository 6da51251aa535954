"""Emulated devices: as many as asked for, and errors that are seen."""

import pytest

from whiteboard.training.emulation import emulated


def test_the_program_sees_so_many_devices():
    assert emulated(3, "-c", "import jax; print(jax.device_count())") == "3\n"


def test_a_failed_program_shows_its_error():
    with pytest.raises(RuntimeError, match="it broke"):
        emulated(1, "-c", "raise SystemExit('it broke')")
