"""Scaled rotary frequencies: transformers' values, what each scheme keeps, the decoder's use."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.architecture.rope import rotary_frequencies, rotary_tables
from whiteboard.architecture.rope_scaling import (
    METHODS,
    RopeScaling,
    ntk_theta,
    scaled_frequencies,
    scaled_rotary_tables,
    yarn_frequencies,
)

STORED = "rope_scaling.npz"
NUMBERS = range(4)


def shape_of(stored, number, method):
    """Head width, theta, and the scaling of one of the reference's shapes."""
    head_dim, theta, length, factor = stored["shapes"][number].tolist()
    scaling = RopeScaling(method=method, factor=factor, original_length=int(length))
    return int(head_dim), theta, scaling


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("method", METHODS)
def test_frequencies_are_transformers(stored, method, number):
    frequency, attention_factor = scaled_frequencies(*shape_of(stored, number, method))
    np.testing.assert_allclose(frequency, stored[f"{method}/{number}"], rtol=2e-6)
    wanted = stored[f"{method}/{number}/attention_factor"]
    assert attention_factor == pytest.approx(float(wanted))


@pytest.mark.parametrize("number", NUMBERS)
def test_tables_are_transformers_with_yarn(stored, number):
    """Its tables stand twice side by side, once for each half of a head, and hold the factor."""
    position = jnp.asarray(stored["positions"])[None]
    head_dim, *rest = shape_of(stored, number, "yarn")
    tables = scaled_rotary_tables(position, head_dim, *rest)
    for name, table in zip(("cos", "sin"), tables):
        # An angle of 16,383 radians in float32 is known to 1e-3.
        got, want = table[0], stored[f"{name}/{number}"][:, : head_dim // 2]
        np.testing.assert_allclose(got, want, atol=4e-3)
        np.testing.assert_allclose(got[:3], want[:3], atol=3e-4)


def test_without_a_scaling_or_with_factor_one_nothing_changes():
    position = jnp.arange(11)[None]
    plain = rotary_tables(position, 14, 100.0)
    for scaling in (
        None,
        *(RopeScaling(method=m, factor=1.0, original_length=8) for m in METHODS),
    ):
        np.testing.assert_allclose(scaled_rotary_tables(position, 14, 100.0, scaling), plain)


def test_interpolation_is_a_shorter_step():
    scaling = RopeScaling(method="linear", factor=4.0, original_length=8)
    far = scaled_rotary_tables(jnp.array([[4, 12]]), 14, 100.0, scaling)
    np.testing.assert_allclose(far, rotary_tables(jnp.array([[1, 3]]), 14, 100.0), rtol=1e-6)


def test_ntk_keeps_the_fastest_pair_and_interpolates_the_slowest():
    plain = rotary_frequencies(64, 1e5)
    scaled = rotary_frequencies(64, ntk_theta(64, 1e5, 8.0))
    assert scaled[0] == plain[0]
    np.testing.assert_allclose(plain[-1] / scaled[-1], 8, rtol=1e-4)
    assert (np.diff(plain / scaled) > 0).all()


def test_yarn_blends_between_its_betas():
    plain = np.asarray(rotary_frequencies(128, 1e4), np.float64)
    ratio = plain / np.asarray(yarn_frequencies(128, 1e4, 16.0, 4096))
    turns = 4096 * plain / (2 * np.pi)
    np.testing.assert_allclose(ratio[turns > 40], 1, rtol=1e-6)
    np.testing.assert_allclose(ratio[turns < 0.9], 16, rtol=1e-6)
    between = (turns > 1) & (turns < 30)
    assert ((ratio[between] > 1) & (ratio[between] < 16)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "NTK"}, "method: wanted one of"),
        ({"factor": 0.5}, "factor must be 1 or more"),
        ({"original_length": 0}, "original_length >= 1"),
        ({"beta_slow": 32.0}, "beta_fast > beta_slow"),
    ],
)
def test_a_wrong_scaling_is_refused(change, message):
    right = RopeScaling(method="yarn", factor=2.0, original_length=8)
    with pytest.raises(ValueError, match=message):
        replace(right, **change)


def test_ntk_refuses_a_head_of_one_pair():
    with pytest.raises(ValueError, match="head_dim of 4 or more"):
        ntk_theta(2, 100.0, 2.0)
