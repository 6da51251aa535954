"""Question 17: agreement, citations, ranking metrics, and how many queries a difference needs."""

from whiteboard.practice.q17 import (
    agreement_checks,
    citation_checks,
    ranking_checks,
    sample_size_checks,
)

EXERCISES = (
    *agreement_checks.EXERCISES,
    *citation_checks.EXERCISES,
    *ranking_checks.EXERCISES,
    *sample_size_checks.EXERCISES,
)
