"""Question 21: drift statistics, mined negatives and their loss, and an index of two encoders."""

from whiteboard.practice.q21 import drift_checks, mining_checks, version_checks

EXERCISES = (
    *drift_checks.EXERCISES,
    *mining_checks.EXERCISES,
    *version_checks.EXERCISES,
)
