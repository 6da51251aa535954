"""Question 14: fixed windows, structure-aware chunks, what they cover, and who is not beaten."""

from whiteboard.practice.q14.checks import EXERCISES

__all__ = ["EXERCISES"]
