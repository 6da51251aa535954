"""Question 9: query heads that share keys and values, and the pooling that makes them share."""

from whiteboard.practice.q09.checks import EXERCISES

__all__ = ["EXERCISES"]
