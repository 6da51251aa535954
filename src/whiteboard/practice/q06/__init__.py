"""Question 6: the loss, a conversation, packing documents into rows, and the mask between them."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q06 import mistakes, packing_checks, training_checks

EXERCISES = assembled(
    (*training_checks.EXERCISES, *packing_checks.EXERCISES),
    mistakes.MISTAKES,
)
