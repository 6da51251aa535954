"""Question 2: attention that keeps its keys and values, and the bytes they take."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q02 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
