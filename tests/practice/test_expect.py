"""How a check refuses: with a counter-example that fits on a line."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.practice import Refused, expect_close


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (3.0, "x: wanted an array, got float"),
        (np.zeros(2), "x: wanted shape (2, 2), got (2,)"),
        (np.array([[1, 2], [3, 4.5]]), "x: wanted 4, got 4.5 at [1,1]"),
        (np.array([[1, np.nan], [3, 4.5]]), "x: wanted 2, got nan at [0,1]"),
    ],
)
def test_a_counter_example_fits_on_a_line(got, says):
    with pytest.raises(Refused) as caught:
        expect_close(got, np.array([[1, 2], [3, 4]]), "x")
    assert str(caught.value) == says


def test_equal_arrays_are_not_refused():
    expect_close(jnp.ones((2, 2), "bfloat16"), np.ones((2, 2)), "x")
    expect_close(np.array([np.nan]), np.array([np.nan]), "x")
