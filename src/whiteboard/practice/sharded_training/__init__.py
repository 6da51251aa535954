"""The page on sharded training: the gradient of a batch that lies on several devices."""

from whiteboard.practice.sharded_training.checks import CHECKS, refusals
from whiteboard.practice.sharded_training.mistakes import MISTAKES

__all__ = ["CHECKS", "MISTAKES", "refusals"]
