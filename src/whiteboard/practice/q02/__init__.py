"""Question 2: attention that keeps its keys and values, and the bytes they take."""

from whiteboard.practice.q02.checks import EXERCISES

__all__ = ["EXERCISES"]
