"""Question 1: scaled dot-product attention."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q01 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
