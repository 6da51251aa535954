"""The hand-written data-parallel gradient, and the mistakes that its checks refuse."""

import jax
import jax.numpy as jnp
import pytest

from whiteboard.architecture.data_parallel import data_parallel_gradient
from whiteboard.practice.sharded_training import CHECKS, MISTAKES, refusals


def test_the_right_one_passes_every_check():
    assert refusals(data_parallel_gradient) == {}


@pytest.mark.parametrize("variant", MISTAKES, ids=lambda v: v.name)
def test_a_mistake_is_refused_by_its_checks_and_no_others(variant):
    assert refusals(variant.function).keys() == variant.caught_by


def test_every_check_refuses_a_mistake():
    assert {name for v in MISTAKES for name in v.caught_by} == {c.__name__ for c in CHECKS}


def test_two_devices_by_hand():
    """Losses w x: rows 1, 2 | 4, of which 8 does not count. The mean's gradient is 7 / 3."""
    rows = jnp.array([[1.0, 2.0], [4.0, 8.0]])
    counted = jnp.array([[True, True], [True, False]])

    def on_device(rows, counted):
        return data_parallel_gradient(
            lambda w, x: w * x, jnp.array(5.0), rows, counted, axis="d", microbatches=2
        )

    assert jax.vmap(on_device, axis_name="d")(rows, counted).tolist() == pytest.approx([7 / 3] * 2)
