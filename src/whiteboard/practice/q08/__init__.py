"""Question 8: DPO's loss, and the log-probabilities it takes."""

from whiteboard.practice.q08.checks import EXERCISES

__all__ = ["EXERCISES"]
