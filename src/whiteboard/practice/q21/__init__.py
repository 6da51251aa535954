"""Question 21: drift statistics, mined negatives and their loss, and an index of two encoders."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q21 import drift_checks, mining_checks, mistakes, version_checks

EXERCISES = assembled(
    (*drift_checks.EXERCISES, *mining_checks.EXERCISES, *version_checks.EXERCISES),
    mistakes.MISTAKES,
)
