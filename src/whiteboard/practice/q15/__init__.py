"""Question 15: a hybrid search's six small functions."""

from whiteboard.practice.q15.checks import EXERCISES

__all__ = ["EXERCISES"]
