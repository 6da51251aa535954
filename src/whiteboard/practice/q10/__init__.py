"""Question 10: a block folded in, the blocks that are read, and attention in blocks."""

from whiteboard.practice.q10.checks import EXERCISES

__all__ = ["EXERCISES"]
