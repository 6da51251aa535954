"""Question 5: attention without positions, with rotary ones, and on longer texts."""

from whiteboard.practice.q05 import position_checks, rope_checks, rope_scaling_checks

EXERCISES = (
    *position_checks.EXERCISES,
    *rope_checks.EXERCISES,
    *rope_scaling_checks.EXERCISES,
)
