"""Question 3: learning merges, applying them, and joining pieces to text."""

from whiteboard.practice.q03.checks import EXERCISES

__all__ = ["EXERCISES"]
