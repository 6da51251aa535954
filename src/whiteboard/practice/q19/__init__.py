"""Question 19: a search loop, and the threshold at which it may stop."""

from whiteboard.practice.q19.checks import EXERCISES

__all__ = ["EXERCISES"]
