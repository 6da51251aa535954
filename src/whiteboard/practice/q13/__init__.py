"""Question 13: the name of a cached block, and the order of a prompt."""

from whiteboard.practice.q13.checks import EXERCISES

__all__ = ["EXERCISES"]
