"""Question 4: the best split of a budget, with and without serving, and the N of 6ND."""

from whiteboard.practice.q04.checks import EXERCISES

__all__ = ["EXERCISES"]
