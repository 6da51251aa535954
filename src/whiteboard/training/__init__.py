"""Training: the step, its losses and data, preference training, RLHF, and all of it sharded."""
