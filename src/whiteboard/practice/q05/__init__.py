"""Question 5: attention without positions, with rotary ones, and on longer texts."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q05 import mistakes, rope_checks, rope_scaling_checks, symmetry_checks

EXERCISES = assembled(
    (*symmetry_checks.EXERCISES, *rope_checks.EXERCISES, *rope_scaling_checks.EXERCISES),
    mistakes.MISTAKES,
)
