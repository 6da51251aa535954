"""Question 1: scaled dot-product attention."""

from whiteboard.practice.q01.checks import EXERCISES

__all__ = ["EXERCISES"]
