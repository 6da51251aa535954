"""Question 16: two stages, a pair's tokens, a span's score, and a gain."""

from whiteboard.practice.q16.checks import EXERCISES

__all__ = ["EXERCISES"]
