"""Question 7: advantages, the baseline of a group, the estimate of the KL, rewards and the clip."""

from whiteboard.practice.core import assembled
from whiteboard.practice.q07 import advantage_checks, grpo_checks, kl_checks, mistakes, ppo_checks

EXERCISES = assembled(
    (
        *advantage_checks.EXERCISES,
        *grpo_checks.EXERCISES,
        *kl_checks.EXERCISES,
        *ppo_checks.EXERCISES,
    ),
    mistakes.MISTAKES,
)
