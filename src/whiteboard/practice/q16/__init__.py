"""Question 16: two stages, a pair's tokens, a span's score, and a gain."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q16 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
