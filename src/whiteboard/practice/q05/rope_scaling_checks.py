"""Question 5: rotary frequencies for texts longer than those of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jax import Array

from whiteboard.architecture.rope import rotary_frequencies
from whiteboard.architecture.rope_scaling import ntk_theta, yarn_frequencies
from whiteboard.practice.core import Check, Exercise, Variant
from whiteboard.practice.expect import expect, expect_close

Scale = Callable[..., Array]
SHAPE = (64, 100_000.0, 4.0, 8192)  # head_dim, theta, factor, original_length: SmolLM2's


def _turns(frequency: Array) -> np.ndarray:
    """Turns of each pair in the trained length."""
    return np.asarray(frequency, np.float64) * SHAPE[3] / (2 * np.pi)


def fast_pairs_stay(scale: Scale) -> None:
    """A pair of 40 or more turns in training keeps its frequency: near tokens stay apart."""
    plain = rotary_frequencies(64, 1e5)
    fast = _turns(plain) > 40
    ratio = (np.asarray(scale(*SHAPE)) / np.asarray(plain))[fast]
    expect_close(ratio, np.ones(fast.sum()), "pairs of 40 and more turns, new over old", rtol=1e-5)


def no_angle_is_new(scale: Scale) -> None:
    """A pair that made no whole turn in training meets no larger angle at 4 times the length."""
    plain, scaled = rotary_frequencies(64, 1e5), scale(*SHAPE)
    slow = _turns(plain) < 1
    largest = float((4 * np.asarray(scaled) / np.asarray(plain))[slow].max())
    expect(largest < 1.001, f"at 32,768 tokens: a slow pair is {largest:.1f} times past training")


def slow_pairs_are_not_slower_than_needed(scale: Scale) -> None:
    """No frequency is divided by more than the factor, and none is raised."""
    ratio = np.asarray(rotary_frequencies(64, 1e5)) / np.asarray(scale(*SHAPE))
    given = f"factor 4: frequencies divided by {ratio.min():.1f} to {ratio.max():.1f}"
    expect(ratio.min() > 0.999 and ratio.max() < 4.001, given)


def the_blend_is_linear(scale: Scale) -> None:
    """From pair 10 (32 turns, rounded down) to pair 20 (1 turn, rounded up) in equal steps."""
    ratio = np.asarray(scale(*SHAPE)) / np.asarray(rotary_frequencies(64, 1e5))
    first, last = _blend_of(64, 1e5, 8192)
    want = np.interp(np.arange(32), [first, last], [1, 0.25])
    expect_close(ratio, want, "new over old frequency of each pair", atol=1e-3)


def _blend_of(head_dim: int, theta: float, length: int) -> tuple[int, int]:
    """First and last pair of YaRN's blend, counted from the turns themselves."""
    turns = length * theta ** (-2 * np.arange(head_dim // 2) / head_dim) / (2 * np.pi)
    return int((turns >= 32).sum()) - 1, int((turns > 1).sum())


def rope_extrapolates_by_itself(
    head_dim: int, theta: float, factor: float, original_length: int
) -> Array:
    return rotary_frequencies(head_dim, theta)


def every_pair_interpolated(
    head_dim: int, theta: float, factor: float, original_length: int
) -> Array:
    return rotary_frequencies(head_dim, theta) / factor


def base_raised_only(head_dim: int, theta: float, factor: float, original_length: int) -> Array:
    return rotary_frequencies(head_dim, ntk_theta(head_dim, theta, factor))


def blend_upside_down(head_dim: int, theta: float, factor: float, original_length: int) -> Array:
    plain = rotary_frequencies(head_dim, theta)
    return plain + plain / factor - yarn_frequencies(head_dim, theta, factor, original_length)


def factor_applied_twice(head_dim: int, theta: float, factor: float, original_length: int) -> Array:
    return yarn_frequencies(head_dim, theta, factor**2, original_length)


FAST, NEW, BLEND = "fast_pairs_stay", "no_angle_is_new", "the_blend_is_linear"
NEEDED = "slow_pairs_are_not_slower_than_needed"
EXERCISES = (
    Exercise(
        question=5,
        right=yarn_frequencies,
        checks=(
            Check(fast_pairs_stay),
            Check(no_angle_is_new),
            Check(slow_pairs_are_not_slower_than_needed),
            Check(the_blend_is_linear),
        ),
        variants=(
            Variant(
                "rope_extrapolates_by_itself",
                "fine within the trained length and a little past it; then the loss explodes",
                rope_extrapolates_by_itself,
                frozenset({NEW, BLEND}),
            ),
            Variant(
                "every_pair_interpolated",
                "position interpolation: near tokens are harder to tell apart until it is tuned",
                every_pair_interpolated,
                frozenset({FAST, BLEND}),
            ),
            Variant(
                "base_raised_only",
                "NTK-aware scaling: all but the slowest pair still reach angles never trained",
                base_raised_only,
                frozenset({FAST, NEW, BLEND}),
            ),
            Variant(
                "blend_upside_down",
                "the fast pairs are slowed and the slow ones left: the worst of both",
                blend_upside_down,
                frozenset({FAST, NEW, BLEND}),
            ),
            Variant(
                "factor_applied_twice",
                "positions and frequencies are both divided: far tokens look four times too near",
                factor_applied_twice,
                frozenset({NEEDED, BLEND}),
            ),
        ),
        probe=lambda scale: [scale(*SHAPE), scale(128, 10_000.0, 16.0, 4096)],
    ),
)
