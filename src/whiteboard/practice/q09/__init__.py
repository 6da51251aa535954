"""Question 9: query heads that share keys and values, and the pooling that makes them share."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q09 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
