"""The checks of rotary frequencies for texts longer than those of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jax import Array

from whiteboard.architecture.rope import rotary_frequencies
from whiteboard.architecture.rope_scaling import yarn_frequencies
from whiteboard.practice.core import Exercise
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


EXERCISES = (
    Exercise.of(
        yarn_frequencies,
        checks=(
            fast_pairs_stay,
            no_angle_is_new,
            slow_pairs_are_not_slower_than_needed,
            the_blend_is_linear,
        ),
        probe=lambda scale: [scale(*SHAPE), scale(128, 10_000.0, 16.0, 4096)],
    ),
)
