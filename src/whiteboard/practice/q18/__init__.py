"""Question 18: a depth sweep, its curve, and the order of chunks."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q18 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
