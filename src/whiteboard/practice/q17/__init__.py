"""Question 17: agreement, citations, ranking metrics, and how many queries a difference needs."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q17 import (
    agreement_checks,
    citation_checks,
    mistakes,
    ranking_checks,
    sample_size_checks,
)

EXERCISES = assembled(
    (
        *agreement_checks.EXERCISES,
        *citation_checks.EXERCISES,
        *ranking_checks.EXERCISES,
        *sample_size_checks.EXERCISES,
    ),
    mistakes.MISTAKES,
)
