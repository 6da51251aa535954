"""Question 12: the absorbed form of multi-head latent attention."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q12 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
