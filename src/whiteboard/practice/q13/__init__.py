"""Question 13: the name of a cached block, and the order of a prompt."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q13 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
