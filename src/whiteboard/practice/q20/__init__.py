"""Question 20: HyDE's vector, and where its gain may be reported."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q20 import checks, mistakes

EXERCISES = assembled(checks.EXERCISES, mistakes.MISTAKES)
