"""Question 15: a hybrid search's six small functions."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q15 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
