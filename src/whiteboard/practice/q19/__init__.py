"""Question 19: a search loop, and the threshold at which it may stop."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q19 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
