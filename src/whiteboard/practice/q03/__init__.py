"""Question 3: learning merges, applying them, and joining pieces to text."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q03 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
