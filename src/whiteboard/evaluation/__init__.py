"""How good, and how sure: intervals, ranking metrics, agreement, judges, sample sizes."""
