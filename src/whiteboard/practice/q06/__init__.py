"""Question 6: the loss, a conversation, packing documents into rows, and the mask between them."""

from whiteboard.practice.q06.packing_checks import EXERCISES

__all__ = ["EXERCISES"]
