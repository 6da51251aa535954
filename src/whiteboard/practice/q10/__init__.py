"""Question 10: a block folded in, the blocks that are read, and attention in blocks."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q10 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
