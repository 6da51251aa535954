"""Question 12: the absorbed form of multi-head latent attention."""

from whiteboard.practice.q12.checks import EXERCISES

__all__ = ["EXERCISES"]
