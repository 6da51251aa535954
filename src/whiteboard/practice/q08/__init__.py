"""Question 8: DPO's loss, and the log-probabilities it takes."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q08 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
