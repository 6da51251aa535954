"""Exercises: what a right implementation must pass, and the known mistakes that it refuses."""

from whiteboard.practice.catalogue import exercise, exercised, exercises, variant
from whiteboard.practice.core import Check, Exercise, Refused, Variant
from whiteboard.practice.expect import expect, expect_close
from whiteboard.practice.judge import Failure, Report, judge
from whiteboard.practice.stub import stub

__all__ = [
    "Check",
    "Exercise",
    "Failure",
    "Refused",
    "Report",
    "Variant",
    "exercise",
    "exercised",
    "exercises",
    "expect",
    "expect_close",
    "judge",
    "stub",
    "variant",
]
