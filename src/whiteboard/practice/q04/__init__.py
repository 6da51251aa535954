"""Question 4: the best split of a budget, with and without serving, and the N of 6ND."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q04 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
