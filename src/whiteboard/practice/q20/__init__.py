"""Question 20: HyDE's vector, and where its gain may be reported."""

from whiteboard.practice.q20.checks import EXERCISES

__all__ = ["EXERCISES"]
