"""Question 14: fixed windows, structure-aware chunks, what they cover, and who is not beaten."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q14 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
