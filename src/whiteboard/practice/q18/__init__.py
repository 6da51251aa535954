"""Question 18: a depth sweep, its curve, and the order of chunks."""

from whiteboard.practice.q18.checks import EXERCISES

__all__ = ["EXERCISES"]
