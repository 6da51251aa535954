"""Question 11: the load-balancing loss, tokens sent to their experts and back, and the router."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q11 import expert_checks, load_balancing_checks, mistakes, router_checks

EXERCISES = assembled(
    (*load_balancing_checks.EXERCISES, *expert_checks.EXERCISES, *router_checks.EXERCISES),
    mistakes.MISTAKES,
)
